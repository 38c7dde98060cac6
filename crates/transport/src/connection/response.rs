//! The body of a response: hyper's, with errors that are typed and an end that is seen.
//!
//! It adds no buffer. What was not read waits in h2, as many bytes as the stream's window has.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{call::Call, peer::Route};
use crate::{Error, error::Block};

/// The body of a response.
///
/// It ends with a trailers frame, with `None`, with an error, or with a frame after which nothing is left. Dropped
/// before its end, it gives the call up: the stream is reset with CANCEL at once (B-20). Dropped after it, nothing is
/// sent (B-25). The default is an empty body.
///
/// A reset with NO_ERROR ends the body like a clean end, without trailers (L-1): who needs trailers must see them.
///
/// `is_end_stream` of a fresh response tells whether END_STREAM was on its headers (A-75); an empty DATA frame with
/// END_STREAM is not the same and leaves it false.
///
/// # Flow control
///
/// The server may send 2 MiB that are not read yet, or 2,000 frames if they are small; reading gives it back as much. A
/// body that nobody reads stops its own stream, not the others (A-120).
///
/// # Errors
///
/// The stream was reset, the connection was lost, or the sender of the request gave the call up. After an error the
/// body is at its end.
///
/// ```
/// use http_body::Body;
/// use ziggurat_transport::ResponseBody;
///
/// let body = ResponseBody::default();
/// assert!(body.is_end_stream());
/// assert_eq!(body.size_hint().exact(), Some(0));
/// ```
#[derive(Default)]
pub struct ResponseBody {
    open: Option<Open>,
}

struct Open {
    call: Arc<Call>,
    route: Arc<Route>,
}

impl ResponseBody {
    /// The body of a fresh response.
    pub(super) fn new(incoming: Incoming, call: Arc<Call>, route: Arc<Route>) -> Self {
        // hyper does not count a response that is at its end, either.
        if incoming.is_end_stream() && !call.is_given_up() {
            call.complete();
            return Self::default();
        }
        call.open(incoming, route.reader());
        let open = Some(Open { call, route });
        Self { open }
    }

    /// Forgets the call without giving it up.
    fn finish(&mut self) {
        if let Some(Open { call, .. }) = self.open.take() {
            call.complete();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(Open { call, route }) = &self.open else {
            return Poll::Ready(None);
        };
        let frame = match ready!(call.poll_frame(cx, &route.wire)) {
            Some(Ok(frame)) if frame.is_data() => {
                if call.is_end_stream() {
                    self.finish();
                }
                return Poll::Ready(Some(Ok(frame)));
            }
            Some(Ok(frame)) => {
                let trailers = frame.trailers_ref();
                let admitted =
                    trailers.map_or(Ok(()), |fields| route.admit(Block::Trailers, fields));
                Some(admitted.map(|()| frame))
            }
            Some(Err(error)) => Some(Err(call.error(route, error))),
            None => None,
        };
        self.finish();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        // True on a fresh response exactly if END_STREAM was on its header block (A-75, L-6).
        self.open.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.open {
            Some(open) => open.call.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(Open { call, .. }) = &self.open {
            call.give_up();
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("is_end_stream", &self.is_end_stream())
            .finish()
    }
}
