use std::{error::Error, fmt};

/// Why a text names no proxy.
///
/// It shows the text only if that has no user name and no password in it.
///
/// ```
/// use ziggurat::channel::Proxy;
///
/// let error = Proxy::http("https://proxy.example").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"the proxy has the unknown scheme "https": write http://[user:password@]host[:port]"#
/// );
/// ```
#[derive(Clone)]
pub struct InvalidProxy {
    /// The variable of the environment that it came from.
    variable: Option<&'static str>,
    problem: ProxyProblem,
}

/// What is wrong with the text of a proxy.
///
/// ```
/// use ziggurat::channel::{Proxy, ProxyProblem};
///
/// let error = Proxy::http("socks5://proxy.example").unwrap_err();
/// assert_eq!(error.problem(), &ProxyProblem::Scheme("socks5".into()));
/// // There may be a password in it, so that nothing of it is kept.
/// let error = Proxy::http("http://ada:secret@").unwrap_err();
/// assert_eq!(error.problem(), &ProxyProblem::Malformed(None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyProblem {
    /// The scheme is not `http`.
    Scheme(Box<str>),
    /// It is no host and port; the text, if it may be shown.
    Malformed(Option<Box<str>>),
}

impl ProxyProblem {
    /// Keeps the text, unless there may be a password in it.
    pub(super) fn malformed(text: &str) -> Self {
        Self::Malformed((!text.contains('@')).then(|| text.into()))
    }
}

impl InvalidProxy {
    pub(super) fn option(problem: ProxyProblem) -> Self {
        Self {
            variable: None,
            problem,
        }
    }

    pub(super) fn variable(name: &'static str, problem: ProxyProblem) -> Self {
        Self {
            variable: Some(name),
            problem,
        }
    }

    /// The variable of the environment that it came from, if it did.
    pub fn variable_name(&self) -> Option<&'static str> {
        self.variable
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &ProxyProblem {
        &self.problem
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proxy ")?;
        if let Some(name) = self.variable {
            write!(f, "in the environment variable {name} ")?;
        }
        match &self.problem {
            ProxyProblem::Scheme(scheme) => write!(f, "has the unknown scheme {scheme:?}")?,
            ProxyProblem::Malformed(Some(text)) => write!(f, "is no URL: {text:?}")?,
            ProxyProblem::Malformed(None) => f.write_str("is no URL")?,
        }
        f.write_str(": write http://[user:password@]host[:port]")
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidProxy {}
