use tokio::time::Instant;

use super::Life;
use crate::endpoint::{
    ends::{Done, End, Times, outcome},
    fate::Fate,
    pool::{Id, Which},
};

/// Connections that are open, and doubted.
///
/// New calls wait for another while it is being made, and have the doubted one while it may not be. It is let go when
/// the other is ready.
impl<S: Clone> Life<S> {
    /// A connection refused a call, or let it wait in vain. Tells whether it is doubted from now on.
    pub(super) fn look_at(&mut self, id: Id, fate: Fate, now: Instant) -> bool {
        let Some(open) = self.pool.find(id) else {
            return false;
        };
        let is_doubted = match fate {
            Fate::Unanswered { left, reads } => {
                let by_now = open.pulse.reads();
                open.record.given_up(left, reads, by_now, now)
            }
            Fate::Refused => open.record.refused(now),
            Fate::Nothing | Fate::Answered => false,
        };
        if !is_doubted {
            return false;
        }
        open.pulse.watch();
        let done = if open.has_served {
            Done::Answer
        } else {
            self.not_before = open.pause.end();
            Done::Settings
        };
        self.pace(outcome(End::Doubted, done, Times::Once).next, now);
        true
    }

    /// A silent connection gave a sign of life: those may have it who wait.
    pub(in crate::endpoint) fn recovered(&mut self, now: Instant) {
        self.serve_queue(now);
    }

    /// Which connections those may have who wait.
    pub(super) fn good_enough(&self, now: Instant) -> Which {
        let starts = match &self.attempt {
            None => self.not_before,
            Some(attempt) if attempt.pause.is_none() => Some(*attempt.due.borrow()),
            Some(_) => None,
        };
        if starts.is_some_and(|at| at > now) {
            Which::Any
        } else {
            Which::Trusted
        }
    }
}
