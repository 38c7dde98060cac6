use std::{
    pin::{Pin, pin},
    str,
    task::{Context, Poll},
};

use bytes::Buf;
use http_body::Body;

/// How many bytes of a foreign body are told at most.
const LIMIT: usize = 1024;

/// How many frames are looked at: empty ones are not to keep the task.
const FRAMES: usize = 16;

/// The beginning of a body that is not gRPC, as far as it has arrived.
///
/// It is not waited for: a page that never ends would hold up the call's failure. What is no text gives nothing.
pub(super) fn excerpt<B: Body>(body: B, cx: &mut Context<'_>) -> Option<String> {
    let arrived = arrived(pin!(body), cx);
    let text = text(&arrived).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn arrived<B: Body>(mut body: Pin<&mut B>, cx: &mut Context<'_>) -> Vec<u8> {
    let mut arrived = Vec::new();
    for _ in 0..FRAMES {
        let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(cx) else {
            break;
        };
        let Ok(data) = frame.into_data() else { break };
        let mut data = data.take(LIMIT - arrived.len());
        while data.has_remaining() {
            let length = data.chunk().len();
            arrived.extend_from_slice(data.chunk());
            data.advance(length);
        }
        if arrived.len() == LIMIT {
            break;
        }
    }
    arrived
}

/// All of it if it is UTF-8, but for a character that was cut off; otherwise nothing.
fn text(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(cut) if cut.error_len().is_none() => {
            str::from_utf8(&bytes[..cut.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests;
