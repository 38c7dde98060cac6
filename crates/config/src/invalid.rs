use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use ziggurat_protocol::BoxError;

/// A config that is not valid: what is wrong with it.
///
/// Its text has the first violation, and says how many more there are. It keeps the first 100, and counts the others, so
/// that a config that is wrong throughout becomes no larger as an error. JSON that cannot be read has no violations but
/// a [position](Self::position).
///
/// ```
/// use ziggurat::service_config::ServiceConfig;
///
/// let invalid = ServiceConfig::from_json(r#"{
///     "methodConfig": [{ "name": [{}], "timeout": "1m", "waitForReady": 1 }],
///     "retryThrottling": { "maxTokens": 10, "tokenRatio": 0 }
/// }"#).unwrap_err();
/// let paths: Vec<_> = invalid.violations().iter().map(|violation| violation.path()).collect();
/// assert_eq!(paths, ["methodConfig[0].waitForReady", "methodConfig[0].timeout", "retryThrottling.tokenRatio"]);
/// assert_eq!(
///     invalid.to_string(),
///     "the service config is invalid: methodConfig[0].waitForReady is 1: it must be true or false, and 2 more",
/// );
///
/// let cut = ServiceConfig::from_json("{\n  \"methodConfig\": [").unwrap_err();
/// assert_eq!(cut.position(), Some((2, 19)));
/// ```
#[derive(Clone, Debug)]
pub struct InvalidServiceConfig(Arc<Invalid>);

#[derive(Debug)]
struct Invalid {
    violations: Violations,
    syntax: Option<(BoxError, (usize, usize))>,
}

impl InvalidServiceConfig {
    /// It can be read, and yet not be followed, for this problem at this path: a word of whoever was to follow it.
    ///
    /// ```
    /// use ziggurat::service_config::InvalidServiceConfig;
    ///
    /// let invalid = InvalidServiceConfig::at("loadBalancingConfig", "has a policy that this client was built without");
    /// assert_eq!(
    ///     invalid.to_string(),
    ///     "the service config is invalid: loadBalancingConfig has a policy that this client was built without",
    /// );
    /// ```
    pub fn at(path: impl Into<Box<str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        let mut violations = Violations::default();
        violations.push(|| Violation::new(path, problem));
        Self::new(violations, None)
    }

    /// Fails if there are any.
    pub(crate) fn if_any(violations: Violations) -> Result<(), Self> {
        if violations.first.is_empty() {
            return Ok(());
        }
        Err(Self::new(violations, None))
    }

    /// It is no JSON.
    #[cfg(feature = "json")]
    pub(crate) fn no_json(error: BoxError, position: (usize, usize)) -> Self {
        Self::new(Violations::default(), Some((error, position)))
    }

    fn new(violations: Violations, syntax: Option<(BoxError, (usize, usize))>) -> Self {
        Self(Arc::new(Invalid { violations, syntax }))
    }

    /// What is wrong, in the order of the specification's fields: the first 100; empty if it is no JSON at all.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations.first
    }

    /// How many more violations there were than [`violations`](Self::violations) has: 0, unless they were more than 100.
    ///
    /// ```
    /// use ziggurat::service_config::ServiceConfig;
    ///
    /// let entries = ["7"; 120].join(", ");
    /// let invalid = ServiceConfig::from_json(&format!(r#"{{ "methodConfig": [{entries}] }}"#)).unwrap_err();
    /// assert_eq!((invalid.violations().len(), invalid.omitted()), (100, 20));
    /// assert!(invalid.to_string().ends_with(", and 119 more"));
    /// ```
    pub fn omitted(&self) -> usize {
        self.0.violations.omitted
    }

    /// Line and column, from 1, where the text ceases to be JSON.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.0.syntax.as_ref().map(|&(_, position)| position)
    }
}

impl fmt::Display for InvalidServiceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((error, _)) = &self.0.syntax {
            return write!(f, "the service config is no JSON: {error}");
        }
        f.write_str("the service config is invalid: ")?;
        let Some((first, others)) = self.violations().split_first() else {
            return Ok(());
        };
        first.fmt(f)?;
        match others.len() + self.omitted() {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

impl Error for InvalidServiceConfig {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (error, _) = self.0.syntax.as_ref()?;
        ziggurat_text::source(&self.to_string(), &**error)
    }
}

/// What was found to be wrong so far, of which the first are kept: what is found is as long as the text, and what is told
/// of each is longer than that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violations {
    first: Vec<Violation>,
    /// How many there were behind them.
    omitted: usize,
}

impl Violations {
    /// How many are kept; more than these nobody reads.
    const KEPT: usize = 100;

    /// Notes one more, which is only made if it is kept.
    pub(crate) fn push(&mut self, violation: impl FnOnce() -> Violation) {
        if self.first.len() < Self::KEPT {
            self.first.push(violation());
        } else {
            self.omitted += 1;
        }
    }
}

/// One thing that is wrong with a config: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: Box<str>,
    /// `is 1: it must be …`.
    problem: Cow<'static, str>,
}

impl Violation {
    pub(crate) fn new(path: impl Into<Box<str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
        }
    }

    /// Where it is: of JSON the path from its root, such as `methodConfig[2].retryPolicy.maxAttempts`, which is empty for
    /// the root itself; of a builder its call, such as `method("Make")`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it, without its name: `is 1: it must be 2 or more`.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "it"
        } else {
            &self.path
        };
        write!(f, "{path} {}", self.problem)
    }
}
