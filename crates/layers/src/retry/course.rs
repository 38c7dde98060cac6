//! Whether a call that failed is sent again: a table, without futures, clocks or bodies.

use std::time::Duration;

use ziggurat_protocol::{response::Pushback, status::progress::GaveUp};

use super::{RetryPolicy, Throttle};
use crate::attempts::Failure;

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another attempt, after this pause.
    Again(Pause),
    /// The failure is the call's; the reason, if the policy would have had it otherwise.
    End(Option<GaveUp>),
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// So long, but for the jitter.
    Backoff(Duration),
    /// So long, as the server asked.
    Exactly(Duration),
}

/// How far a call has come in its attempts.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// How many attempts have begun.
    attempts: u32,
    /// How many retries there were since the last pushback: where the series of pauses stands.
    in_series: u32,
}

impl Course {
    /// The first attempt has begun.
    pub(super) fn new() -> Self {
        Self {
            attempts: 1,
            in_series: 0,
        }
    }

    /// How many attempts have begun.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt failed (C-12): the first line that fits says what follows.
    ///
    /// | the request | pushback | code | throttle, after a token was taken | attempts | |
    /// |---|---|---|---|---|---|
    /// | not whole | | retryable | not asked | | ends: committed (C-13) |
    /// | not whole | | another | not asked | | ends |
    /// | | never | | asked, whatever it says (C-41) | | ends |
    /// | | | not retryable | not asked | | ends |
    /// | | | retryable | half empty (C-42) | | ends |
    /// | | | retryable | allows | used up (C-43) | ends |
    /// | | after n | retryable | allows | left | again after n; the series begins anew (C-16) |
    /// | | none | retryable | allows | left | again after the next pause of the series (C-11) |
    pub(super) fn failed(
        &mut self,
        policy: &RetryPolicy,
        failure: Failure,
        throttle: Option<&Throttle>,
    ) -> Next {
        let is_retryable = policy.is_retryable(failure.code);
        if !failure.can_replay {
            return Next::End(is_retryable.then_some(GaveUp::TooLarge));
        }
        let take = || throttle.is_none_or(Throttle::fail);
        if failure.pushback == Some(Pushback::Never) {
            take();
            return Next::End(is_retryable.then_some(GaveUp::Forbidden));
        }
        if !is_retryable {
            return Next::End(None);
        }
        if !take() {
            return Next::End(Some(GaveUp::Throttled));
        }
        if self.attempts >= policy.max_attempts() {
            return Next::End(Some(GaveUp::Attempts));
        }
        self.attempts += 1;
        Next::Again(if let Some(Pushback::After(pause)) = failure.pushback {
            self.in_series = 0;
            Pause::Exactly(pause)
        } else {
            self.in_series += 1;
            Pause::Backoff(policy.backoff(self.in_series))
        })
    }
}

#[cfg(test)]
mod tests {
    use ziggurat_protocol::Code;

    use super::*;

    const AFTER: Option<Pushback> = Some(Pushback::After(Duration::from_millis(7)));
    const NEVER: Option<Pushback> = Some(Pushback::Never);

    fn policy(attempts: u32) -> RetryPolicy {
        let builder = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
        let builder = builder.initial_backoff(Duration::from_millis(100));
        let builder = builder.max_backoff(Duration::from_millis(300));
        builder.max_attempts(attempts).build().unwrap()
    }

    fn failure(code: Code, pushback: Option<Pushback>, can_replay: bool) -> Failure {
        Failure {
            code,
            pushback,
            can_replay,
        }
    }

    /// Everything that an attempt can fail with.
    fn failures() -> Vec<Failure> {
        let mut all = Vec::new();
        for code in [Code::Unavailable, Code::NotFound] {
            for pushback in [None, AFTER, NEVER] {
                all.extend([true, false].map(|whole| failure(code, pushback, whole)));
            }
        }
        all
    }

    /// What A6 says of one failure, in its own words; `tokens` are those of the throttle, if there is one.
    fn a6(failure: Failure, made: u32, max: u32, tokens: Option<&mut f64>, half: f64) -> bool {
        let is_committed = !failure.can_replay;
        let is_forbidden = failure.pushback == NEVER;
        let is_retryable = failure.code == Code::Unavailable;
        let mut is_allowed = true;
        if let Some(tokens) = tokens
            && !is_committed
            && (is_forbidden || is_retryable)
        {
            *tokens = (*tokens - 1.0).max(0.0);
            is_allowed = *tokens > half;
        }
        !is_committed && !is_forbidden && is_retryable && is_allowed && made < max
    }

    /// Walks through all orders of failures, beside the words of A6.
    fn walk(policy: &RetryPolicy, tokens: Option<u32>, so_far: &mut Vec<Failure>) -> usize {
        let mut seen = 0;
        for next in failures() {
            so_far.push(next);
            let throttle = tokens.map(|max| Throttle::new(max, 1.0).unwrap());
            let mut counted = tokens.map(f64::from);
            let half = counted.unwrap_or_default() / 2.0;
            let (mut course, mut made, mut in_series) = (Course::new(), 1, 0);
            let mut goes_on = true;
            for failure in so_far.iter() {
                assert!(goes_on, "only what goes on is walked further");
                goes_on = a6(
                    *failure,
                    made,
                    policy.max_attempts(),
                    counted.as_mut(),
                    half,
                );
                let next = course.failed(policy, *failure, throttle.as_ref());
                match next {
                    Next::End(_) => assert!(!goes_on, "{so_far:?}"),
                    Next::Again(pause) => {
                        assert!(goes_on, "{so_far:?}");
                        made += 1;
                        in_series = if failure.pushback == AFTER {
                            0
                        } else {
                            in_series + 1
                        };
                        let expected = match in_series {
                            0 => Pause::Exactly(Duration::from_millis(7)),
                            1 => Pause::Backoff(Duration::from_millis(100)),
                            2 => Pause::Backoff(Duration::from_millis(200)),
                            _ => Pause::Backoff(Duration::from_millis(300)),
                        };
                        assert_eq!(pause, expected, "{so_far:?}");
                    }
                }
                assert_eq!(course.attempts(), made);
                assert_eq!(
                    throttle.as_ref().map(Throttle::tokens),
                    counted,
                    "{so_far:?}"
                );
            }
            seen += 1;
            if goes_on {
                seen += walk(policy, tokens, so_far);
            }
            so_far.pop();
        }
        seen
    }

    #[test]
    fn all_orders_of_failures_come_to_what_a6_says() {
        // C-12, C-13, C-16, C-41, C-42, C-43
        for attempts in [2, 3, 5] {
            for tokens in [None, Some(1), Some(2), Some(5), Some(1000)] {
                let seen = walk(&policy(attempts), tokens, &mut Vec::new());
                assert!(seen >= failures().len());
                if tokens == Some(1000) {
                    // Two of twelve go on at each attempt but the last.
                    let orders: usize = (0..attempts).map(|made| 12 * 2_usize.pow(made)).sum();
                    assert_eq!(seen, orders);
                }
            }
        }
    }

    #[test]
    fn the_reason_is_told_where_the_policy_wanted_otherwise() {
        // C-12, T-25
        let (mut course, policy) = (Course::new(), policy(2));
        let empty = Throttle::new(1, 1.0).unwrap();
        let mut why = |failure, throttle| course.failed(&policy, failure, throttle);
        let unavailable = |pushback, whole| failure(Code::Unavailable, pushback, whole);
        for (failure, throttle, reason) in [
            (unavailable(None, false), None, GaveUp::TooLarge),
            (unavailable(NEVER, true), None, GaveUp::Forbidden),
            (unavailable(None, true), Some(&empty), GaveUp::Throttled),
        ] {
            assert_eq!(why(failure, throttle), Next::End(Some(reason)));
        }
        for other in [(None, true), (NEVER, true), (None, false)] {
            let failure = failure(Code::NotFound, other.0, other.1);
            assert_eq!(why(failure, None), Next::End(None));
        }
        assert!(matches!(why(unavailable(None, true), None), Next::Again(_)));
        let last = why(unavailable(None, true), None);
        assert_eq!(last, Next::End(Some(GaveUp::Attempts)));
    }
}
