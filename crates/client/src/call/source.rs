//! From messages to a request's body.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio::{task::yield_now, time::Instant};
use ziggurat_protocol::{Body, Codec, Status, body::Feed, frame};

use super::{Messages, Sending};

/// So long may a stream be read before its call looks at its answer, and others have their turn.
const TURN: Duration = Duration::from_micros(100);

/// The one message of a request. Limit and compression are applied when the call is sent, for they
/// may still be set.
pub(crate) fn encode_one<C: Codec<Req, Resp>, Req, Resp>(message: &Req) -> Result<Bytes, Status> {
    frame::encode_one::<C, Req, Resp>(message, usize::MAX)
}

/// A body that is written from a stream, by whoever polls the answer.
pub(crate) fn stream<C, Req, Resp, St>(messages: St) -> Messages
where
    C: Codec<Req, Resp>,
    St: Stream<Item = Result<Req, Status>> + Send + 'static,
    Req: 'static,
    Resp: 'static,
{
    let (feed, body) = Body::feed();
    let watch = feed.watch();
    let encode = frame::encode::<C, Req, Resp>;
    let pump = Box::pin(Pump {
        messages,
        feed,
        encode,
    });
    Messages::Many(body, Sending::Pumped(watch, pump))
}

/// Writes one message with its prefix, within a limit in bytes; a function, so that no codec is named where messages are
/// sent.
pub(crate) type Encode<Req> = fn(&Req, &mut BytesMut, usize) -> Result<(), Status>;

pin_project! {
    /// Writes what the stream gives into a feed, until either has ended.
    ///
    /// `E` is the codec's function itself, not a pointer to it: the loop over small messages calls nobody.
    struct Pump<St, E> {
        #[pin]
        messages: St,
        feed: Feed,
        encode: E,
    }
}

impl<St, E, Req> Future for Pump<St, E>
where
    St: Stream<Item = Result<Req, Status>>,
    E: Fn(&Req, &mut BytesMut, usize) -> Result<(), Status>,
{
    type Output = ();

    /// Takes what is ready, up to what may wait, for no longer than a turn.
    ///
    /// The transport is woken behind it: the task that it has may wait on this thread, behind what the stream does.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let mut turn = Turn::begin();
        let stop = loop {
            match this.feed.poll_ready(cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => break Stop::Over,
                Poll::Pending => break Stop::Pending,
            }
            let filled = this.feed.fill(|encoder, chunk| {
                if !turn.goes_on() && !is_at_end(&*this.messages) {
                    return Break(Stop::Turn);
                }
                let message = next(this.messages.as_mut(), cx)?;
                let encode = |chunk: &mut _, limit| (this.encode)(&message, chunk, limit);
                let written = encoder.append(chunk, encode);
                written.map_or_else(|status| Break(Stop::Failed(status)), Continue)
            });
            if let Break(stop) = filled {
                break stop;
            }
        };
        stop.settle(this.feed, cx)
    }
}

/// The next message of a stream, or why none is taken.
#[inline]
fn next<St, Req>(messages: Pin<&mut St>, cx: &mut Context<'_>) -> ControlFlow<Stop, Req>
where
    St: Stream<Item = Result<Req, Status>>,
{
    match messages.poll_next(cx) {
        Poll::Ready(Some(Ok(message))) => Continue(message),
        Poll::Ready(Some(Err(status))) => Break(Stop::Failed(status)),
        Poll::Ready(None) => Break(Stop::Complete),
        Poll::Pending => Break(Stop::Pending),
    }
}

/// Whether a stream says that nothing more comes: then its end goes out with its last message.
///
/// It is asked for the end all the same, so that one that is wrong about itself loses nothing.
fn is_at_end(messages: &impl Stream) -> bool {
    messages.size_hint().1 == Some(0)
}

/// Why a stream is not read on.
enum Stop {
    /// It has no message yet, or the transport has no room for one: either wakes.
    Pending,
    /// Others have their turn.
    Turn,
    /// It gave all that it has.
    Complete,
    /// It failed, or a message of it could not be written.
    Failed(Status),
    /// The call takes no more of it.
    Over,
}

impl Stop {
    /// Hands over what was written, and tells whether that was all.
    fn settle(self, feed: &mut Feed, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Complete => feed.end(),
            Self::Failed(status) => feed.abandon(status), // B-24
            Self::Over => {}
            Self::Pending => {
                feed.flush();
                return Poll::Pending;
            }
            Self::Turn => {
                feed.flush();
                // Woken behind what is ready, and what I/O makes ready: not at once, as by its own waker.
                return pin!(yield_now()).poll(cx);
            }
        }
        Poll::Ready(())
    }
}

/// How long a stream has been read, and how far.
///
/// A turn ends with 100 µs, with the stream, or when as much waits as may.
struct Turn {
    begun: Instant,
    /// So many messages may be taken before the clock is looked at.
    unlooked: u32,
    /// So many are between that look and the next one.
    next: u32,
}

impl Turn {
    fn begin() -> Self {
        Self {
            begun: Instant::now(),
            unlooked: 1,
            next: 1,
        }
    }

    /// Whether another message may be taken, before each one.
    ///
    /// To read the clock costs as much as to write a small message: it is read after the first, the second, the fourth
    /// and so on, and at least after each 32nd. So a stream that becomes slow has no more slow ones in a turn than it had
    /// quick ones.
    #[inline]
    fn goes_on(&mut self) -> bool {
        if self.unlooked > 0 {
            self.unlooked -= 1;
            return true;
        }
        self.unlooked = self.next - 1;
        self.next = (2 * self.next).min(32);
        self.begun.elapsed() < TURN
    }
}
