use std::{borrow::Cow, error::Error, fmt};

use ziggurat_protocol::Code;

use super::Codes;

/// A policy that cannot be: which of its fields is wrong, and what it has to be.
///
/// ```
/// use ziggurat::{Code, layers::retry::{PolicyField, RetryPolicy}};
///
/// let once = RetryPolicy::builder().retryable_codes([Code::Unavailable]).max_attempts(1).build();
/// let invalid = once.unwrap_err();
/// assert_eq!(invalid.field(), PolicyField::MaxAttempts);
/// assert_eq!(invalid.to_string(), "max_attempts is 1: it must be 2 or more, the first attempt counts");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPolicy {
    field: PolicyField,
    /// `is 1: it must be …`.
    problem: Cow<'static, str>,
}

impl InvalidPolicy {
    pub(crate) fn new(field: PolicyField, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        Self { field, problem }
    }

    /// Which field it is.
    pub fn field(&self) -> PolicyField {
        self.field
    }

    /// What is wrong with it, without its name: `is 1: it must be 2 or more`.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

impl Error for InvalidPolicy {}

/// A field of a policy; shown by its name in Rust.
///
/// ```
/// use ziggurat::layers::retry::PolicyField;
///
/// let field = PolicyField::InitialBackoff;
/// assert_eq!((field.to_string().as_str(), field.json_name()), ("initial_backoff", "initialBackoff"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyField {
    /// How often a call may be sent, the first attempt among them.
    MaxAttempts,
    /// The pause before the first retry.
    InitialBackoff,
    /// The longest pause before a retry.
    MaxBackoff,
    /// What each pause is multiplied with for the next.
    BackoffMultiplier,
    /// The codes that are worth a retry.
    RetryableStatusCodes,
    /// The pause between hedges.
    HedgingDelay,
    /// The codes that do not end a hedged call.
    NonFatalStatusCodes,
    /// How many tokens a throttle has.
    MaxTokens,
    /// What a success gives back to a throttle.
    TokenRatio,
}

impl PolicyField {
    /// Its name in the JSON of a service config, such as `maxAttempts`.
    pub fn json_name(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::MaxAttempts => ("max_attempts", "maxAttempts"),
            Self::InitialBackoff => ("initial_backoff", "initialBackoff"),
            Self::MaxBackoff => ("max_backoff", "maxBackoff"),
            Self::BackoffMultiplier => ("backoff_multiplier", "backoffMultiplier"),
            Self::RetryableStatusCodes => ("retryable_codes", "retryableStatusCodes"),
            Self::HedgingDelay => ("hedging_delay", "hedgingDelay"),
            Self::NonFatalStatusCodes => ("non_fatal_codes", "nonFatalStatusCodes"),
            Self::MaxTokens => ("max_tokens", "maxTokens"),
            Self::TokenRatio => ("token_ratio", "tokenRatio"),
        }
    }
}

impl fmt::Display for PolicyField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().0)
    }
}

/// The first attempt counts, so one alone would be no policy.
pub(crate) fn check_attempts(attempts: u32) -> Result<(), InvalidPolicy> {
    if attempts < 2 {
        let problem = format!("is {attempts}: it must be 2 or more, the first attempt counts");
        return Err(InvalidPolicy::new(PolicyField::MaxAttempts, problem));
    }
    Ok(())
}

/// OK is no failure.
pub(crate) fn check_codes(field: PolicyField, codes: Codes) -> Result<(), InvalidPolicy> {
    if codes.contains(Code::Ok) {
        return Err(InvalidPolicy::new(field, "has OK, which is no failure"));
    }
    Ok(())
}
