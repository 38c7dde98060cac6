//! When the attempts of a hedged call begin, and which one is the call's: a table, without futures, clocks or bodies.

use std::{sync::Arc, time::Duration};

use ziggurat_protocol::{response::Pushback, status::progress::GaveUp};

use super::{HedgingPolicy, Throttle};
use crate::attempts::Failure;

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another attempt begins.
    Begin,
    /// Another is due after this time, and not when it was due before.
    BeginAfter(Duration),
    /// All stays as it is.
    Wait,
    /// No further attempt begins; those that run are waited for.
    Rest,
    /// The call is that of this attempt, whatever it comes to; the others are cancelled.
    Keep(usize),
    /// The last failure is the call's; the reason, if the policy would have had it otherwise.
    End(Option<GaveUp>),
}

/// How far a call has come in its attempts, which are numbered from 0.
///
/// As long as no attempt is answered, one runs or one is planned, or the call ends: it never waits for nothing. What happens
/// on several threads at once comes here one after the other, for the call polls its attempts one by one (C-58).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Course {
    policy: Arc<HedgingPolicy>,
    /// How many attempts have begun.
    begun: u32,
    /// Which of them run no more; most calls end before there is one.
    over: Vec<usize>,
    plan: Plan,
}

/// When the next attempt begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Plan {
    /// The policy's delay after the one before, or when one fails.
    Paced,
    /// When a server asked for it, even if another attempt fails before (C-53).
    Asked,
    /// Never.
    Over(GaveUp),
}

impl Course {
    /// Nothing has begun yet; the first attempt begins with the call, whatever a throttle says (C-54).
    pub(super) fn new(policy: Arc<HedgingPolicy>) -> Self {
        Self {
            policy,
            begun: 0,
            over: Vec::new(),
            plan: Plan::Paced,
        }
    }

    /// How many attempts have begun.
    pub(super) fn begun(&self) -> u32 {
        self.begun
    }

    /// How many of them have failed, before the call is committed to one.
    pub(super) fn failures(&self) -> u32 {
        u32::try_from(self.over.len()).unwrap_or(u32::MAX)
    }

    /// Whether this attempt has begun, and has neither failed nor been cancelled.
    pub(super) fn is_running(&self, attempt: usize) -> bool {
        attempt < self.begun as usize && !self.over.contains(&attempt)
    }

    /// Whether any attempt runs.
    pub(super) fn is_any_running(&self) -> bool {
        self.over.len() < self.begun as usize
    }

    /// An attempt has begun: when is the next one due (C-50)?
    pub(super) fn begin(&mut self) -> Next {
        self.begun += 1;
        if self.begun >= self.policy.max_attempts() {
            self.stop(GaveUp::Attempts);
        }
        match self.plan {
            Plan::Over(_) => Next::Rest,
            Plan::Paced | Plan::Asked => {
                self.plan = Plan::Paced;
                Next::BeginAfter(self.policy.hedging_delay())
            }
        }
    }

    /// The next attempt is due: it begins if nothing is against it (C-54).
    pub(super) fn due(&mut self, against: Option<GaveUp>) -> Next {
        if let Some(why) = against {
            self.stop(why);
        }
        match self.plan {
            Plan::Over(why) => self.rest(why),
            Plan::Paced | Plan::Asked => Next::Begin,
        }
    }

    /// The headers of an attempt came, or its OK: the call is committed to it (C-51).
    pub(super) fn answered(&mut self, attempt: usize) -> Next {
        self.keep(attempt)
    }

    /// An attempt failed: the first line that fits says what follows.
    ///
    /// | the request | code | pushback | throttle, after a token was taken | |
    /// |---|---|---|---|---|
    /// | whole | fatal | never | asked, whatever it says (C-41) | ends |
    /// | | fatal | | not asked | ends (C-52) |
    /// | not whole | | | not asked | no further attempt |
    /// | | | never | asked, whatever it says | no further attempt (C-53) |
    /// | | | | half empty (C-42) | no further attempt (C-54) |
    /// | | | after n | allows | if any are left: the next after n (C-53) |
    /// | | | none | allows | if any are left: the next at once (C-52), or when a server asked for it before |
    ///
    /// If no further attempt begins, those that run are waited for; without any, the call ends (C-55).
    pub(super) fn failed(
        &mut self,
        attempt: usize,
        failure: Failure,
        throttle: Option<&Throttle>,
    ) -> Next {
        self.over.push(attempt);
        let is_fatal = self.policy.is_fatal(failure.code);
        let is_forbidden = failure.pushback == Some(Pushback::Never);
        let counts = failure.can_replay && (is_forbidden || !is_fatal);
        let is_allowed = !counts || throttle.is_none_or(Throttle::fail);
        if is_fatal {
            return Next::End(None);
        }
        if !failure.can_replay {
            self.stop(GaveUp::TooLarge);
        } else if is_forbidden {
            self.stop(GaveUp::Forbidden);
        } else if !is_allowed {
            self.stop(GaveUp::Throttled);
        }
        match (self.plan, failure.pushback) {
            (Plan::Over(why), _) => self.rest(why),
            (_, Some(Pushback::After(pause))) => {
                self.plan = Plan::Asked;
                Next::BeginAfter(pause)
            }
            (Plan::Asked, _) => Next::Wait,
            (Plan::Paced, _) => Next::Begin,
        }
    }

    /// More of the request was sent than may be kept; these are the chunks that each attempt has sent.
    ///
    /// The one that is ahead has the rest of the request for itself, so the call is its own (C-56). If it has failed
    /// already, none of the others can be whole.
    pub(super) fn overflowed(&mut self, sent: &[usize]) -> Next {
        let most = sent.iter().max();
        let ahead = most.and_then(|most| sent.iter().position(|sent| sent == most));
        self.stop(GaveUp::TooLarge);
        match ahead.filter(|ahead| self.is_running(*ahead)) {
            Some(ahead) => self.keep(ahead),
            None => Next::End(Some(GaveUp::TooLarge)),
        }
    }

    /// No further attempt begins; the first reason stands.
    fn stop(&mut self, why: GaveUp) {
        if !matches!(self.plan, Plan::Over(_)) {
            self.plan = Plan::Over(why);
        }
    }

    /// Waits for those that run, if any do.
    fn rest(&self, why: GaveUp) -> Next {
        if self.is_any_running() {
            Next::Rest
        } else {
            Next::End(Some(why))
        }
    }

    fn keep(&mut self, attempt: usize) -> Next {
        self.over = (0..self.begun as usize)
            .filter(|other| *other != attempt)
            .collect();
        Next::Keep(attempt)
    }
}

#[cfg(test)]
mod tests;
