use std::time::Duration;

use ziggurat_protocol::Code;

use crate::attempts::{Codes, InvalidPolicy, PolicyField, check_attempts, check_codes};

/// How often a call may be sent at the same time, and when the next one goes out (C-2).
///
/// Each attempt after the first begins one `hedging_delay` after the one before it, or at once when one failed with a
/// code that is not fatal; the first answer wins, and the others are cancelled (C-50 … C-52). A server that is slow
/// does the work several times: hedge what may be done twice.
///
/// A good delay is one that most answers keep, such as the 95th percentile: then one call in twenty is sent twice, and the
/// slowest answers become as quick as a delay and a usual answer. A shorter one costs the server more and gains little; none
/// at all makes it do everything as often as `max_attempts` says.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{Code, layers::hedge::HedgingPolicy};
///
/// let policy = HedgingPolicy::builder()
///     .hedging_delay(Duration::from_millis(200))          // most answers come within that
///     .max_attempts(3)
///     .non_fatal_codes([Code::Unavailable])
///     .build()?;
/// assert!(!policy.is_fatal(Code::Unavailable) && policy.is_fatal(Code::NotFound));
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HedgingPolicy {
    max_attempts: u32,
    delay: Duration,
    non_fatal: Codes,
}

impl HedgingPolicy {
    /// Begins one with 2 attempts, no delay between them, and all codes fatal.
    pub fn builder() -> HedgingPolicyBuilder {
        HedgingPolicyBuilder(Self {
            max_attempts: 2,
            delay: Duration::ZERO,
            non_fatal: Codes::default(),
        })
    }

    /// How often a call is sent at most, the first attempt among them.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How long after an attempt the next one goes out.
    pub fn hedging_delay(&self) -> Duration {
        self.delay
    }

    /// The codes that do not end the call, by their numbers.
    pub fn non_fatal_codes(&self) -> impl Iterator<Item = Code> {
        self.non_fatal.iter()
    }

    /// Whether a failure with this code ends the call.
    pub fn is_fatal(&self, code: Code) -> bool {
        !self.non_fatal.contains(code)
    }

    /// The same with at most so many attempts, and at least 2: what a channel allows whatever a service config says.
    #[must_use]
    pub fn capped(mut self, max_attempts: u32) -> Self {
        self.max_attempts = self.max_attempts.min(max_attempts.max(2));
        self
    }
}

/// Makes a [`HedgingPolicy`], which is checked as a whole in the end.
///
/// ```
/// use ziggurat::{Code, layers::hedge::HedgingPolicy};
///
/// // A success cannot be what another attempt is sent for.
/// let odd = HedgingPolicy::builder().non_fatal_codes([Code::Ok]);
/// assert!(odd.build().is_err());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy is made by build"]
pub struct HedgingPolicyBuilder(HedgingPolicy);

impl HedgingPolicyBuilder {
    /// How often a call is sent at most, the first attempt among them: 2 or more; the default is 2.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.max_attempts = attempts;
        self
    }

    /// How long after an attempt the next one goes out; the default is zero, which sends all at once.
    ///
    /// It is counted in whole milliseconds, as all timers of tokio are: what is shorter than one waits for one.
    pub fn hedging_delay(mut self, delay: Duration) -> Self {
        self.0.delay = delay;
        self
    }

    /// The codes that do not end the call, but let the next attempt go out at once; by default all end it.
    ///
    /// Name what another attempt may not come to, such as UNAVAILABLE, and not what it certainly comes to, such as
    /// NOT_FOUND.
    pub fn non_fatal_codes(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.0.non_fatal = codes.into_iter().collect();
        self
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// `max_attempts` is less than 2, or OK is among the codes.
    pub fn build(self) -> Result<HedgingPolicy, InvalidPolicy> {
        let Self(policy) = self;
        check_attempts(policy.max_attempts)?;
        check_codes(PolicyField::NonFatalStatusCodes, policy.non_fatal)?;
        Ok(policy)
    }
}
