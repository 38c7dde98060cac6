//! How a call's request leaves, from the side that reads its answer.
//!
//! What a stream gives is written here and not where the transport reads it: that is the task of a
//! connection, and user code that takes its time there delays all calls of it.
//!
//! ```text
//! Pumped ── all is written, the call is over ──▶ Watched        Whole: nothing is to be done
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

    pub(super) fn watch(&self) -> Option<&Watch> {
        match self {
            Self::Whole => None,
            Self::Watched(watch) | Self::Pumped(watch, _) => Some(watch),
        }
    }

    /// Whether a transport has begun to read it; one that is whole does not tell.
    pub(super) fn has_started(&self, cx: &mut Context<'_>) -> bool {
        self.watch()
            .is_some_and(|watch| watch.poll_started(cx).is_ready())
    }

    /// Why it was given up, if it was.
    pub(super) fn abandoned(&self, cx: &mut Context<'_>) -> Option<Status> {
        match self.watch()?.poll_abandoned(cx) {
            Poll::Ready(cause) => Some(cause),
            Poll::Pending => None,
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
