//! A stream whose messages are measured on their way.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::{source::Chunks, stream::Stream};
use crate::{
    BoxError, Status,
    frame::{PREFIX, length_of, over_send_limit},
};

/// Tells whether a stream came to a message that is [larger than allowed](crate::Body::with_message_limit).
///
/// It is shared with the stream, and set once. Who has it asks when the call has ended:
///
/// ```
/// use bytes::Bytes;
/// use ziggurat::{Body, Raw};
///
/// let (mut feed, body) = Body::feed();
/// let (body, overrun) = body.with_message_limit(4)?;
/// let message = Bytes::from_static(b"latte");
/// feed.write(|encoder, buffer| encoder.encode::<Raw, Bytes, Bytes>(&message, buffer))?;
/// // Nobody has read it yet; the transport does.
/// assert!(overrun.is_some_and(|overrun| overrun.status().is_none()));
/// # drop(body);
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Overrun(Arc<OnceLock<Status>>);

impl Overrun {
    /// What its call ends with, if it did: RESOURCE_EXHAUSTED.
    pub fn status(&self) -> Option<&Status> {
        self.0.get()
    }
}

/// Gives what a stream gives, up to the message that is larger than allowed.
///
/// Chunks pass as they are, by reference; of each message the five bytes in front are read. Compressed ones count as they
/// are sent, as with the other implementations of gRPC.
///
/// An [account](crate::Body::count_in) stops here: clones that are made of what is checked keep the same chunks as those
/// further out, and count them. Both would take them twice.
pub(super) struct Checked {
    stream: Stream,
    limit: usize,
    prefix: Prefix,
    overrun: Overrun,
}

/// How much of the next message's prefix was seen, and how much of a message is still to come.
#[derive(Default)]
struct Prefix {
    seen: [u8; PREFIX],
    count: usize,
    left: usize,
}

impl Checked {
    pub(super) fn new(stream: Stream, limit: usize, overrun: Overrun) -> Self {
        Self {
            stream,
            limit,
            prefix: Prefix::default(),
            overrun,
        }
    }
}

impl Body for Checked {
    type Data = Bytes;
    type Error = BoxError;

    /// The chunk with a prefix that announces too much is not given: of it and of the message nothing is sent.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(status) = self.overrun.status() {
            return Poll::Ready(Some(Err(status.clone().into())));
        }
        let frame = ready!(self.stream.poll_frame(cx));
        let limit = self.limit;
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Some(length) = self.prefix.pass(data, limit)
        {
            let status = over_send_limit(length, limit);
            let status = self.overrun.0.get_or_init(|| status).clone();
            return Poll::Ready(Some(Err(status.into())));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.overrun.status().is_none() && self.stream.is_end_stream()
    }
}

impl Chunks for Checked {
    fn on_abandon(mut self: Pin<&mut Self>, waker: &Waker) {
        self.stream.on_abandon(waker);
    }
}

impl Prefix {
    /// Goes on over a chunk; gives the length of the first message that is over the limit.
    fn pass(&mut self, mut chunk: &[u8], limit: usize) -> Option<usize> {
        loop {
            let skipped = self.left.min(chunk.len());
            self.left -= skipped;
            chunk = &chunk[skipped..];
            if chunk.is_empty() {
                return None;
            }
            let missing = PREFIX - self.count;
            let (read, rest) = chunk.split_at(missing.min(chunk.len()));
            self.seen[self.count..][..read.len()].copy_from_slice(read);
            self.count += read.len();
            chunk = rest;
            if self.count == PREFIX {
                self.count = 0;
                self.left = length_of(self.seen);
                if self.left > limit {
                    return Some(self.left);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prefix of a message, and the message.
    fn framed(length: u8) -> Vec<u8> {
        let mut framed = vec![0, 0, 0, 0, length];
        framed.resize(PREFIX + usize::from(length), 9);
        framed
    }

    #[test]
    fn each_message_is_measured_however_it_is_cut() {
        // F-14
        let stream: Vec<u8> = [3, 0, 7, 1, 8, 2]
            .iter()
            .flat_map(|&length| framed(length))
            .collect();
        for size in 1..=stream.len() {
            for (limit, over) in [
                (8, None),
                (7, Some(8)),
                (6, Some(7)),
                (2, Some(3)),
                (0, Some(3)),
            ] {
                let mut prefix = Prefix::default();
                let mut chunks = stream.chunks(size);
                let found = chunks.find_map(|chunk| prefix.pass(chunk, limit));
                assert_eq!(found, over, "{size} {limit}");
            }
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_an_end_to_nobody() {
        // F-14, B-23: of several attempts each fails, and no half of a request looks like a whole one.
        let mut framed = framed(3);
        framed.extend([0, 0, 0, 0, 9]);
        let mut pieces = [&framed[..8], &framed[8..]]
            .map(Bytes::copy_from_slice)
            .into_iter();
        let (mut feed, body) = crate::Body::feed();
        let mut hand_over = || {
            let piece = pieces.next().unwrap();
            let written: Result<(), ()> = feed.write(|_, buffer| {
                buffer.extend_from_slice(&piece);
                Ok(())
            });
            written.unwrap();
        };
        hand_over();
        let (floor, overrun) = body.with_message_limit(8).unwrap();
        let mut attempts = [(); 2].map(|()| floor.try_clone().unwrap());
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = |body: &mut crate::Body| match Pin::new(body).poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(_))) => "chunk",
            Poll::Ready(Some(Err(_))) => "fails",
            Poll::Ready(None) => "ends",
            Poll::Pending => "waits",
        };
        let [one, other] = &mut attempts;
        assert_eq!([poll(one), poll(other)], ["chunk", "chunk"]);
        hand_over();
        assert_eq!(poll(one), "fails");
        assert_eq!([poll(other), poll(one)], ["fails", "fails"]);
        assert!(!one.is_end_stream() && !other.is_end_stream());
        assert!(overrun.unwrap().status().is_some());
    }
}
