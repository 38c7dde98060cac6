use std::{borrow::Cow, error::Error, fmt};

/// A policy of balancing that cannot be: which of its fields is wrong, and what it has to be.
///
/// ```
/// use ziggurat::service_config::load_balancing::LeastRequest;
///
/// let invalid = LeastRequest::new(1).unwrap_err();
/// assert_eq!((invalid.field(), invalid.problem()), ("choiceCount", "is 1: it must be 2 or more"));
/// assert_eq!(invalid.to_string(), "choiceCount is 1: it must be 2 or more");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLoadBalancing {
    field: &'static str,
    /// `is 1: it must be …`.
    problem: Cow<'static, str>,
}

impl InvalidLoadBalancing {
    pub(super) fn new(field: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        Self { field, problem }
    }

    /// Which field it is, by gRPC's name for it: `choiceCount` is what [`choice_count`] gives.
    ///
    /// [`choice_count`]: super::LeastRequest::choice_count
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong with it, without its name: `is 1: it must be 2 or more`.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidLoadBalancing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

impl Error for InvalidLoadBalancing {}
