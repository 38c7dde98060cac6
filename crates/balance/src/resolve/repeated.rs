//! A lookup that is done again by time and on request, and never twice at once.
//!
//! ```text
//!            poll: it is due                     it is over
//!  waiting ──────────────────► asking ─────────────────────────► waiting
//!     ▲  │                                until its answer is old, or for good
//!     └──┘ resolve_again: due 5 s after the last began
//! ```
//!
//! Nothing runs that is not polled: no task, and the timer is of who polls.

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// The shortest time from the begin of a lookup to that of the next, and the shortest that an answer counts.
pub(super) const LEAST: Duration = Duration::from_secs(5);

/// The longest that an answer counts.
pub(super) const MOST: Duration = Duration::from_secs(5 * 60);

/// How long an answer counts that does not say so.
pub(super) const DEFAULT: Duration = Duration::from_secs(30);

/// The lookup that goes on, if one does, and when the next is due.
pub(super) struct Repeated<F> {
    /// It is polled to its end, also where somebody wants a newer answer meanwhile.
    asking: Option<Pin<Box<F>>>,
    /// When the last one began.
    began: Option<Instant>,
    /// Whether somebody wants a newer answer than that of the lookup that goes on.
    is_late: bool,
    due: Due,
    /// How long an answer counts that does not say so; without it none is old ever.
    interval: Option<Duration>,
    /// Made at the first wait, and set anew at each.
    timer: Option<Pin<Box<Sleep>>>,
}

/// When the next lookup begins.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// At the next poll: there was none yet.
    Now,
    /// At the first poll from then on.
    At(Instant),
    /// Not by time: somebody has to ask for it.
    OnRequest,
}

impl<F> Repeated<F> {
    /// One that looks at the first poll, and again every 30 seconds.
    pub(super) fn new() -> Self {
        Self {
            asking: None,
            began: None,
            is_late: false,
            due: Due::Now,
            interval: Some(DEFAULT),
            timer: None,
        }
    }

    /// For `refresh_interval`.
    pub(super) fn set_interval(&mut self, interval: Option<Duration>) {
        self.interval = interval.map(|time| time.clamp(LEAST, MOST));
    }

    /// The answer to the lookup that goes on; if none does, of the next, once it is due.
    ///
    /// The lookup is started by `start`. One that panics, there or later, is over with an error.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> F,
    ) -> Poll<Result<F::Output, Panicked>>
    where
        F: Future,
    {
        if self.asking.is_none() {
            ready!(self.poll_due(cx));
            self.began = Some(Instant::now());
            self.is_late = false;
        }
        // Taken out while it is polled: one that panics is not polled again.
        let asking = self.asking.take();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut asking = asking.unwrap_or_else(|| Box::pin(start()));
            let answer = asking.as_mut().poll(cx);
            (asking, answer)
        }));
        match polled {
            Ok((asking, Poll::Pending)) => {
                self.asking = Some(asking);
                Poll::Pending
            }
            Ok((_, Poll::Ready(answer))) => {
                self.wait(None);
                Poll::Ready(Ok(answer))
            }
            Err(_) => {
                self.wait(None);
                Poll::Ready(Err(Panicked))
            }
        }
    }

    /// The next is due when an answer of now is old, which may say itself how long it counts.
    ///
    /// If somebody wanted a newer one meanwhile, it is due at once.
    pub(super) fn wait(&mut self, valid_for: Option<Duration>) {
        self.due = match self.interval {
            _ if self.is_late => Due::Now,
            Some(interval) => {
                let time = valid_for.map_or(interval, |time| time.clamp(LEAST, MOST));
                Due::At(Instant::now() + time)
            }
            None => Due::OnRequest,
        };
    }

    /// The next is due as soon as may be.
    ///
    /// A lookup that goes on is as good as a new one, if it began within the last seconds. It may have begun before the
    /// channel was idle, and its answer be as old as that: then another follows it.
    pub(super) fn resolve_again(&mut self) {
        // It may be of a runtime that is gone.
        self.timer = None;
        // Without a first one, that is due already.
        let Some(began) = self.began else { return };
        let soonest = began + LEAST;
        if self.asking.is_some() {
            self.is_late |= soonest <= Instant::now();
            return;
        }
        self.due = match self.due {
            Due::At(due) => Due::At(due.min(soonest)),
            Due::Now | Due::OnRequest => Due::At(soonest),
        };
    }

    /// Waits until a lookup may begin. The timer wakes who polls, and is the only thing that does.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let due = match self.due {
            Due::Now => return Poll::Ready(()),
            Due::At(due) if due <= Instant::now() => return Poll::Ready(()),
            Due::At(due) => due,
            // Whoever says `resolve_again` polls after it.
            Due::OnRequest => return Poll::Pending,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(cx)
    }
}

/// A lookup that panicked. What it said the panic hook has shown.
#[derive(Debug)]
pub(super) struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lookup panicked")
    }
}

impl Error for Panicked {}

impl<F> fmt::Debug for Repeated<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeated")
            .field("is_asking", &self.asking.is_some())
            .field("due", &self.due)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
