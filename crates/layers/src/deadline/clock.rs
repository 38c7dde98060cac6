use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{self, Instant, Sleep};
use ziggurat_protocol::Status;

use super::{Elapsed, elapsed};
use crate::context::{CallContext, Deadline, ProgressSlot};

/// Keeps a call's deadline, from its start to its trailers; by default there is none, or somebody else keeps it.
///
/// What it needs is in a box of its own: it moves from the future of a call into the body of its answer, and a call without
/// a deadline has no room for one, however long it lasts.
#[derive(Default)]
pub(super) struct Clock(Option<Pin<Box<Kept>>>);

pin_project! {
    /// A deadline that is kept here.
    struct Kept {
        deadline: Deadline,
        // When it began: how long the call had is of interest only if it ends here.
        since: Instant,
        // Into which it tells what it does with its time.
        context: CallContext,
        // Made when something is waited for.
        #[pin]
        timer: Option<Sleep>,
    }
}

impl Clock {
    /// Keeps a deadline, from now on.
    pub(super) fn set(deadline: Deadline, now: Instant, context: CallContext) -> Self {
        Self(Some(Box::pin(Kept {
            deadline,
            since: now,
            context,
            timer: None,
        })))
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
        let Some(kept) = &mut self.0 else {
            return Poll::Pending;
        };
        let mut kept = kept.as_mut().project();
        if kept.timer.is_none() {
            let timer = time::sleep_until(kept.deadline.instant());
            kept.timer.set(Some(timer));
        }
        let timer = kept.timer.as_pin_mut();
        timer.map_or(Poll::Pending, |timer| timer.poll(cx))
    }

    /// The deadline that is kept here; `None` if there is none, or once it was [stopped](Self::stop).
    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.0.as_ref().map(|kept| kept.deadline)
    }

    /// What the call ends with now that the deadline has passed.
    pub(super) fn elapsed(&self, waiting_for: Elapsed) -> Status {
        match &self.0 {
            Some(kept) => {
                let progress = kept.context.told().map(ProgressSlot::progress);
                elapsed::status(waiting_for, kept.time(), progress.unwrap_or_default())
            }
            None => waiting_for.into(),
        }
    }
}

impl Kept {
    /// How long the call had.
    fn time(&self) -> Duration {
        let deadline = self.deadline.instant();
        deadline.saturating_duration_since(self.since)
    }
}

/// The time of one step: read when it is first asked for, and not again.
///
/// A step is what goes on without waiting for others, so that its parts may share one instant. After code of others had
/// its turn, such as a service that was asked whether it is ready, another step begins.
#[derive(Default)]
pub(super) struct Now(Option<Instant>);

impl Now {
    /// The time of this step.
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
