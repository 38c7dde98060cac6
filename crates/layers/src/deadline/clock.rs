use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{self, Sleep};

use super::Elapsed;
use crate::context::Deadline;

/// Keeps a call's deadline, from its start to its trailers.
#[derive(Default)]
pub(super) enum Clock {
    /// There is no deadline, or somebody else keeps it.
    #[default]
    Stopped,
    /// Nothing was waited for yet.
    Set(Deadline),
    /// Boxed, so that it moves from the future into the body without being made anew.
    Timer(Pin<Box<Sleep>>),
}

impl Clock {
    /// Polls what the call waits for: first the clock, then that, then the timer.
    ///
    /// A task that never yields never turns the timer's wheel, so the clock is asked, not the timer.
    pub(super) fn guard<T>(
        &mut self,
        waiting_for: Elapsed,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, Elapsed>> {
        if self.deadline().is_some_and(Deadline::has_passed) {
            return Poll::Ready(Err(waiting_for));
        }
        match poll(cx) {
            Poll::Ready(ready) => Poll::Ready(Ok(ready)),
            Poll::Pending => self.poll_timer(cx).map(|()| Err(waiting_for)),
        }
    }

    /// Ready at the deadline; the timer is made at the first wait.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Set(deadline) = self {
            *self = Self::Timer(Box::pin(time::sleep_until(deadline.instant())));
        }
        match self {
            Self::Timer(timer) => timer.as_mut().poll(cx),
            Self::Stopped | Self::Set(_) => Poll::Pending,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Stopped => None,
            Self::Set(deadline) => Some(*deadline),
            Self::Timer(timer) => Some(Deadline::at(timer.deadline())),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.deadline() {
            None => f.write_str("Stopped"),
            Some(deadline) => deadline.fmt(f),
        }
    }
}
