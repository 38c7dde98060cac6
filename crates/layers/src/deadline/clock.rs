use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{self, Instant, Sleep};
use ziggurat_protocol::Status;

use super::{Elapsed, elapsed};
use crate::context::{CallContext, Deadline, ProgressSlot};

/// Keeps a call's deadline, from its start to its trailers.
#[derive(Default)]
pub(super) struct Clock {
    time: Time,
    /// How long the call had, and the context into which it tells what it does with it.
    given: Option<(Duration, CallContext)>,
}

#[derive(Default)]
enum Time {
    /// There is no deadline, or somebody else keeps it.
    #[default]
    Stopped,
    /// Nothing was waited for yet.
    Set(Deadline),
    /// Boxed, so that it moves from the future into the body without being made anew.
    Timer(Pin<Box<Sleep>>),
}

impl Clock {
    /// Keeps a deadline, from now on.
    pub(super) fn set(deadline: Deadline, now: Instant, context: CallContext) -> Self {
        Self {
            time: Time::Set(deadline),
            given: Some((deadline.instant().saturating_duration_since(now), context)),
        }
    }

    /// Lets the time pass.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// Polls what the call waits for: first the clock, then that, then the timer.
    ///
    /// The clock is read unless it was in the same step, and only if there is a deadline: a call without one pays nothing.
    /// What had passed by then ends the call without a poll of what is inside (B-5).
    ///
    /// A task that never yields never turns the timer's wheel, so the clock is asked, not the timer.
    pub(super) fn guard<T>(
        &mut self,
        now: &mut Now,
        waiting_for: Elapsed,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, Elapsed>> {
        if (self.deadline()).is_some_and(|deadline| deadline.instant() <= now.read()) {
            return Poll::Ready(Err(waiting_for));
        }
        match poll(cx) {
            Poll::Ready(ready) => Poll::Ready(Ok(ready)),
            Poll::Pending => self.poll_timer(cx).map(|()| Err(waiting_for)),
        }
    }

    /// Ready at the deadline; the timer is made at the first wait.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Time::Set(deadline) = self.time {
            self.time = Time::Timer(Box::pin(time::sleep_until(deadline.instant())));
        }
        match &mut self.time {
            Time::Timer(timer) => timer.as_mut().poll(cx),
            Time::Stopped | Time::Set(_) => Poll::Pending,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match &self.time {
            Time::Stopped => None,
            Time::Set(deadline) => Some(*deadline),
            Time::Timer(timer) => Some(Deadline::at(timer.deadline())),
        }
    }

    /// What the call ends with now that the deadline has passed.
    pub(super) fn elapsed(&self, waiting_for: Elapsed) -> Status {
        match &self.given {
            Some((time, context)) => {
                let progress = context.told().map(ProgressSlot::progress);
                elapsed::status(waiting_for, *time, progress.unwrap_or_default())
            }
            None => waiting_for.into(),
        }
    }
}

/// The time of one step: read when it is first asked for, and not again.
///
/// A step is what goes on without waiting for others, so that its parts may share one instant. After code of others had
/// its turn, such as a service that was asked whether it is ready, another step begins.
#[derive(Default)]
pub(super) struct Now(Option<Instant>);

impl Now {
    pub(super) fn read(&mut self) -> Instant {
        *self.0.get_or_insert_with(Instant::now)
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
