//! How a call's request leaves, from the side that reads its answer.
//!
//! What a stream gives is written here and not where the transport reads it: that is the task of a
//! connection, and user code that takes its time there delays all calls of it.
//!
//! ```text
//! Pumped ── all is written, the call is over ──▶ Watched        Whole: nothing is to be done
//! Starting ── the transport reads it ──▶ Started
//! ```

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use ziggurat_protocol::{Status, body::Watch, frame::Encoder};

/// Writes the messages of a stream into a request's body; done when nothing more is to be written.
pub(crate) type Pump = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A request that is on its way.
pub(crate) enum Sending {
    /// All of it is there, and nobody asks how it fares.
    Whole,
    /// All of it is there, and somebody asks when it leaves; nothing else can come of it.
    Starting(Watch),
    /// All of it was there, and has left: the watch is gone, and nothing is asked for each frame of the answer.
    Started,
    /// Who writes it is elsewhere, or has written all.
    Watched(Watch),
    /// It is written here, whenever the answer is polled.
    Pumped(Watch, Pump),
}

impl Sending {
    /// Sets what its messages are written with.
    pub(super) fn set_encoder(&self, encoder: Encoder) {
        if let Some(watch) = self.watch() {
            watch.set_encoder(encoder);
        }
    }

    /// What sees it given up; `None` if nobody can, since all of it is there.
    #[inline]
    pub(super) fn watch(&self) -> Option<&Watch> {
        match self {
            Self::Whole | Self::Starting(_) | Self::Started => None,
            Self::Watched(watch) | Self::Pumped(watch, _) => Some(watch),
        }
    }

    /// Whether a transport has begun to read it; one that is whole does not tell.
    pub(super) fn has_started(&mut self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Whole => false,
            Self::Started => true,
            Self::Watched(watch) | Self::Pumped(watch, _) => watch.poll_started(cx).is_ready(),
            Self::Starting(watch) => {
                let started = watch.poll_started(cx).is_ready();
                if started {
                    *self = Self::Started;
                }
                started
            }
        }
    }

    /// Why it was given up, if it was.
    #[inline]
    pub(super) fn abandoned(&self, cx: &mut Context<'_>) -> Option<Status> {
        match self.watch()?.poll_abandoned(cx) {
            Poll::Ready(cause) => Some(cause),
            Poll::Pending => None,
        }
    }

    /// How many messages of the answer may be read without a look at the request.
    ///
    /// One where it is written here: what is made of a message may be the next of the request, and is not to wait until
    /// all that came with it is read.
    pub(super) fn together(&self) -> usize {
        match self {
            Self::Pumped(..) => 1,
            _ => usize::MAX,
        }
    }

    /// Writes what is there to be written.
    pub(super) fn pump(&mut self, cx: &mut Context<'_>) {
        if let Self::Pumped(_, pump) = self
            && pump.as_mut().poll(cx).is_ready()
        {
            self.release();
        }
    }

    /// Drops what writes it: a request that had not ended is cancelled, unless it was stopped before.
    pub(super) fn release(&mut self) {
        if let Self::Pumped(watch, _) = self {
            *self = Self::Watched(watch.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use bytes::Bytes;
    use http_body::Body as _;
    use ziggurat_protocol::Body;

    use super::*;

    #[test]
    fn a_message_that_is_there_is_watched_until_it_leaves() {
        let mut cx = Context::from_waker(Waker::noop());
        let (watch, mut body) = Body::watched(Bytes::from_static(b"latte"));
        let mut sending = Sending::Starting(watch);
        assert!(!sending.has_started(&mut cx));
        assert!(matches!(sending, Sending::Starting(_)));
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_ready());
        assert!(sending.has_started(&mut cx));
        assert!(matches!(sending, Sending::Started));
        assert!(sending.has_started(&mut cx) && sending.abandoned(&mut cx).is_none());
    }
}
