use std::{error::Error, fmt};

/// Why a setting of a policy was refused: which, its value, and what it has to be.
///
/// ```
/// use ziggurat::balance::policy::LeastRequest;
///
/// let error = LeastRequest::new().choice_count(1).unwrap_err();
/// assert_eq!(error.field(), "choice_count");
/// assert_eq!(error.to_string(), "choice_count of least_request is 1: it must be at least 2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidPolicy {
    policy: &'static str,
    field: &'static str,
    value: String,
    /// What it has to be: `at least 2`.
    must: &'static str,
}

impl InvalidPolicy {
    /// This field has this value, and has to be `must`.
    pub(super) fn new(
        policy: &'static str,
        field: &'static str,
        value: impl fmt::Debug,
        must: &'static str,
    ) -> Self {
        Self {
            policy,
            field,
            value: format!("{value:?}"),
            must,
        }
    }

    /// The name of the policy, as [`Policy::name`](super::Policy::name) has it.
    pub fn policy(&self) -> &'static str {
        self.policy
    }

    /// The setting, by the name of its method; of a setting within another both, with a dot between: `success_rate.minimum_hosts`.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            field,
            value,
            must,
        } = self;
        write!(f, "{field} of {policy} is {value}: it must be {must}")
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidPolicy {}
