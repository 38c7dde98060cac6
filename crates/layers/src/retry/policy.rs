use std::time::Duration;

use ziggurat_protocol::Code;

use crate::attempts::{Codes, InvalidPolicy, PolicyField, check_attempts, check_codes};

/// Which failures of a call are worth another attempt, how many there may be, and how long to wait between them (C-1).
///
/// The pause before the n-th retry is `initial_backoff` × `backoff_multiplier`ⁿ⁻¹, at most `max_backoff`, ±20 % at random
/// (C-11). A server may ask for another one, or for none (C-16).
///
/// A code that is in the policy is retried, whatever the server had done before it failed. UNAVAILABLE is what a lost
/// connection is too, and nobody knows then whether the server acted on the call: name it for what may be done twice.
/// What provably never reached a server needs no policy: a channel sends it again by itself (C-30, C-31).
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{Code, layers::retry::RetryPolicy};
///
/// let policy = RetryPolicy::builder()
///     .retryable_codes([Code::Unavailable, Code::ResourceExhausted])
///     .max_attempts(4)                                    // the first one and three retries
///     .initial_backoff(Duration::from_millis(50))
///     .max_backoff(Duration::from_secs(2))
///     .backoff_multiplier(3.0)
///     .build()?;
/// assert!(policy.is_retryable(Code::Unavailable));
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
    multiplier: f64,
    codes: Codes,
    headers_may_fail: bool,
}

impl RetryPolicy {
    /// Begins one with 3 attempts, pauses of 100 milliseconds, twice as long each time, up to 1 second, and no code.
    pub fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder(Self {
            max_attempts: 3,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            multiplier: 2.0,
            codes: Codes::default(),
            headers_may_fail: false,
        })
    }

    /// How often a call is sent at most, the first attempt among them.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The pause before the first retry, without its jitter.
    pub fn initial_backoff(&self) -> Duration {
        self.initial_backoff
    }

    /// The longest pause, without its jitter.
    pub fn max_backoff(&self) -> Duration {
        self.max_backoff
    }

    /// What each pause is multiplied with for the next.
    pub fn backoff_multiplier(&self) -> f64 {
        self.multiplier
    }

    /// The codes that are worth a retry, by their numbers.
    pub fn retryable_codes(&self) -> impl Iterator<Item = Code> {
        self.codes.iter()
    }

    /// Whether a failure with this code is worth a retry.
    ///
    /// Of a code that gRPC does not define it is UNKNOWN that counts (A-82).
    pub fn is_retryable(&self, code: Code) -> bool {
        self.codes.contains(code)
    }

    /// Whether headers that failing trailers follow at once leave a call [uncommitted](RetryPolicyBuilder::retry_after_headers).
    pub fn retries_after_headers(&self) -> bool {
        self.headers_may_fail
    }

    /// The same with at most so many attempts, and at least 2: what a channel allows whatever a service config says.
    #[must_use]
    pub fn capped(mut self, max_attempts: u32) -> Self {
        self.max_attempts = self.max_attempts.min(max_attempts.max(2));
        self
    }

    /// The pause before the n-th retry since the last pushback, from 1, before jitter (C-11).
    pub(super) fn backoff(&self, retry: u32) -> Duration {
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial_backoff.as_secs_f64() * self.multiplier.powi(exponent);
        Duration::try_from_secs_f64(grown)
            .map_or(self.max_backoff, |pause| pause.min(self.max_backoff))
    }
}

/// Makes a [`RetryPolicy`], which is checked as a whole in the end.
///
/// ```
/// use ziggurat::{Code, layers::retry::RetryPolicy};
///
/// // One attempt is no retry: what was set is looked at together, in the end.
/// let once = RetryPolicy::builder().retryable_codes([Code::Unavailable]).max_attempts(1);
/// assert!(once.build().is_err());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy is made by build"]
pub struct RetryPolicyBuilder(RetryPolicy);

impl RetryPolicyBuilder {
    /// How often a call is sent at most, the first attempt among them: 2 or more; the default is 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.max_attempts = attempts;
        self
    }

    /// The pause before the first retry: more than zero; the default is 100 milliseconds.
    pub fn initial_backoff(mut self, pause: Duration) -> Self {
        self.0.initial_backoff = pause;
        self
    }

    /// The longest pause, before jitter: more than zero; the default is 1 second.
    pub fn max_backoff(mut self, pause: Duration) -> Self {
        self.0.max_backoff = pause;
        self
    }

    /// What each pause is multiplied with for the next: a number greater than 0; the default is 2.
    pub fn backoff_multiplier(mut self, factor: f64) -> Self {
        self.0.multiplier = factor;
        self
    }

    /// The codes that are worth a retry; there is no default, and one is needed.
    pub fn retryable_codes(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.0.codes = codes.into_iter().collect();
        self
    }

    /// Retries a call too whose answer began with headers, if failing trailers follow them without a message (C-13).
    ///
    /// Off by default, for headers commit a call by gRFC A6. But many servers answer each failure so, and their calls
    /// would never be retried. It is seen from the answer as far as it has come: headers that are there alone are
    /// waited with, until something follows them, so that the caller sees the headers of a stream with its first
    /// message.
    pub fn retry_after_headers(mut self, yes: bool) -> Self {
        self.0.headers_may_fail = yes;
        self
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// The first field that cannot be so: see each.
    ///
    /// ```
    /// use ziggurat::{Code, layers::retry::{PolicyField, RetryPolicy}};
    ///
    /// let none = RetryPolicy::builder().build().unwrap_err();
    /// assert_eq!(none.field(), PolicyField::RetryableStatusCodes);
    /// let fine = RetryPolicy::builder().retryable_codes([Code::Aborted]).build();
    /// assert!(fine.is_ok_and(|policy| policy.max_attempts() == 3));
    /// ```
    pub fn build(self) -> Result<RetryPolicy, InvalidPolicy> {
        let Self(policy) = self;
        check_attempts(policy.max_attempts)?;
        check_pause(PolicyField::InitialBackoff, policy.initial_backoff)?;
        check_pause(PolicyField::MaxBackoff, policy.max_backoff)?;
        let factor = policy.multiplier;
        if !(factor.is_finite() && factor > 0.0) {
            let problem = format!("is {factor}: it must be a number greater than 0");
            return Err(InvalidPolicy::new(PolicyField::BackoffMultiplier, problem));
        }
        let field = PolicyField::RetryableStatusCodes;
        if policy.codes.is_empty() {
            return Err(InvalidPolicy::new(
                field,
                "has no code: name those that are worth a retry",
            ));
        }
        check_codes(field, policy.codes)?;
        Ok(policy)
    }
}

fn check_pause(field: PolicyField, pause: Duration) -> Result<(), InvalidPolicy> {
    if pause.is_zero() {
        return Err(InvalidPolicy::new(field, "is zero: it must be longer"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> RetryPolicyBuilder {
        RetryPolicy::builder().retryable_codes([Code::Unavailable])
    }

    #[test]
    fn what_cannot_be_names_its_field() {
        // C-1
        let ok = builder().build().unwrap();
        assert_eq!(ok.max_attempts(), 3);
        assert_eq!(
            ok.retryable_codes().collect::<Vec<_>>(),
            [Code::Unavailable]
        );
        for (builder, told) in [
            (
                builder().max_attempts(0),
                "max_attempts is 0: it must be 2 or more, the first attempt counts",
            ),
            (
                builder().max_attempts(1),
                "max_attempts is 1: it must be 2 or more, the first attempt counts",
            ),
            (
                builder().initial_backoff(Duration::ZERO),
                "initial_backoff is zero: it must be longer",
            ),
            (
                builder().max_backoff(Duration::ZERO),
                "max_backoff is zero: it must be longer",
            ),
            (
                builder().backoff_multiplier(0.0),
                "backoff_multiplier is 0: it must be a number greater than 0",
            ),
            (
                builder().backoff_multiplier(-1.0),
                "backoff_multiplier is -1: it must be a number greater than 0",
            ),
            (
                builder().backoff_multiplier(f64::NAN),
                "backoff_multiplier is NaN: it must be a number greater than 0",
            ),
            (
                builder().backoff_multiplier(f64::INFINITY),
                "backoff_multiplier is inf: it must be a number greater than 0",
            ),
            (
                builder().retryable_codes([]),
                "retryable_codes has no code: name those that are worth a retry",
            ),
            (
                builder().retryable_codes([Code::Ok, Code::Aborted]),
                "retryable_codes has OK, which is no failure",
            ),
        ] {
            assert_eq!(builder.build().unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn pauses_grow_to_the_longest() {
        // C-11
        let millis = |policy: &RetryPolicy, retries: &[u32]| {
            let pauses = retries
                .iter()
                .map(|retry| policy.backoff(*retry).as_millis());
            pauses.collect::<Vec<_>>()
        };
        let policy = builder().max_attempts(9).build().unwrap();
        assert_eq!(
            millis(&policy, &[1, 2, 3, 4, 5, 6]),
            [100, 200, 400, 800, 1000, 1000]
        );
        let shrinking = builder().backoff_multiplier(0.5).build().unwrap();
        assert_eq!(millis(&shrinking, &[1, 2, 3]), [100, 50, 25]);
        let short = builder()
            .max_backoff(Duration::from_millis(30))
            .build()
            .unwrap();
        assert_eq!(millis(&short, &[1, 2]), [30, 30]);
    }

    #[test]
    fn nothing_overflows() {
        // C-11
        let huge = builder()
            .initial_backoff(Duration::MAX)
            .max_backoff(Duration::MAX);
        let policy = huge.backoff_multiplier(f64::MAX).build().unwrap();
        for retry in [0, 1, 2, u32::MAX] {
            assert!(policy.backoff(retry) > Duration::from_secs(1 << 40));
        }
        let tiny = builder()
            .backoff_multiplier(f64::MIN_POSITIVE)
            .build()
            .unwrap();
        assert_eq!(tiny.backoff(u32::MAX), Duration::ZERO);
    }

    #[test]
    fn a_channel_may_allow_less() {
        // C-1
        let policy = builder().max_attempts(9).build().unwrap();
        assert_eq!(policy.clone().capped(5).max_attempts(), 5);
        assert_eq!(policy.clone().capped(10).max_attempts(), 9);
        assert_eq!(policy.capped(0).max_attempts(), 2);
    }
}
