//! From messages to a request's body.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
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
    let mut buffer = BytesMut::new();
    let encoded = frame::encode::<C, Req, Resp>(message, &mut buffer, usize::MAX);
    whole(buffer, encoded)
}

/// What is in the buffer, if it was written.
fn whole(buffer: BytesMut, written: Result<(), Status>) -> Result<Bytes, Status> {
    written.map(|()| buffer.freeze())
}

/// A body that is written from a stream, by whoever polls the answer.
pub(crate) fn stream<C, Req, Resp, St>(messages: St) -> Messages
where
    C: Codec<Req, Resp>,
    St: Stream<Item = Result<Req, Status>> + Send + 'static,
    Req: 'static,
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
    struct Pump<St, Req> {
        #[pin]
        messages: St,
        feed: Feed,
        encode: Encode<Req>,
    }
}

impl<St, Req> Future for Pump<St, Req>
where
    St: Stream<Item = Result<Req, Status>>,
{
    type Output = ();

    /// Takes what is ready, up to what may wait, for no longer than a turn.
    ///
    /// The transport is woken behind it: the task that it has may wait on this thread, behind what the stream does.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut turn = Turn::begin();
        let ended = loop {
            match self.as_mut().poll_one(cx) {
                Poll::Ready(More::Yes) if turn.goes_on() || self.is_at_end() => {}
                Poll::Ready(More::Yes) => {
                    // Woken behind what is ready, and what I/O makes ready: not at once, as by its own waker.
                    break pin!(yield_now()).poll(cx);
                }
                Poll::Ready(More::No) => break Poll::Ready(()),
                Poll::Pending => break Poll::Pending,
            }
        };
        self.project().feed.flush();
        ended
    }
}

impl<St, Req> Pump<St, Req>
where
    St: Stream<Item = Result<Req, Status>>,
{
    /// Whether the stream says that nothing more comes: then its end goes out with its last message.
    ///
    /// It is asked for the end all the same, so that one that is wrong about itself loses nothing.
    fn is_at_end(&self) -> bool {
        self.messages.size_hint().1 == Some(0)
    }

    /// Writes one message, when there is room for it.
    fn poll_one(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<More> {
        let this = self.project();
        if !ready!(this.feed.poll_ready(cx)) {
            return Poll::Ready(More::No);
        }
        let Some(message) = ready!(this.messages.poll_next(cx)) else {
            this.feed.end();
            return Poll::Ready(More::No);
        };
        let written = message.and_then(|message| {
            let encode = |buffer: &mut _, limit| (this.encode)(&message, buffer, limit);
            this.feed
                .append(|encoder, buffer| encoder.append(buffer, encode))
        });
        Poll::Ready(match written {
            Ok(()) => More::Yes,
            Err(status) => {
                this.feed.abandon(status); // B-24
                More::No
            }
        })
    }
}

/// Whether a stream may have more to send.
enum More {
    Yes,
    No,
}

/// How long a stream has been read, and how far.
///
/// A turn ends with 100 µs, with the stream, or when as much waits as may.
struct Turn {
    begun: Instant,
    /// Taken in this turn.
    messages: u32,
}

impl Turn {
    fn begin() -> Self {
        Self {
            begun: Instant::now(),
            messages: 0,
        }
    }

    /// Whether another message may be taken, after each one.
    ///
    /// To read the clock costs as much as to write a small message: it is read after the first, the second, the fourth
    /// and so on, and at least after each 32nd. So a stream that becomes slow has no more slow ones in a turn than it had
    /// quick ones.
    fn goes_on(&mut self) -> bool {
        self.messages += 1;
        let looks = self.messages.is_power_of_two() || self.messages.is_multiple_of(32);
        !looks || self.begun.elapsed() < TURN
    }
}
