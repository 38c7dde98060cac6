use std::{error::Error, fmt, net::AddrParseError, num::ParseIntError};

use http::uri::InvalidUri;

/// Why a text is no target: the text, what is wrong with it, and what to write instead.
///
/// ```
/// use ziggurat_transport::{Target, target::Problem};
///
/// let error = Target::parse("http://cafe:http").unwrap_err();
/// assert!(matches!(error.problem(), Problem::Port(Some(_))));
/// assert_eq!(
///     error.to_string(),
///     r#"the target "http://cafe:http" has a bad port: write a number from 1 to 65535"#
/// );
/// ```
#[derive(Debug)]
pub struct InvalidTarget {
    text: Box<str>,
    problem: Problem,
}

/// What is wrong with a target.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// There is no `http://` before the host.
    NoScheme,
    /// The scheme is `https`, and TLS is not built in.
    Tls,
    /// The scheme is another one.
    Scheme(Box<str>),
    /// There is a path other than `/`.
    Path,
    /// There is a query or a fragment.
    Query,
    /// There is a user name before the host.
    UserName,
    /// The host is empty.
    NoHost,
    /// The port is no number from 1 to 65535.
    Port(Option<ParseIntError>),
    /// An IPv6 address is not in brackets.
    Brackets,
    /// What is in brackets is no IPv6 address.
    Address(AddrParseError),
    /// The host is nothing that a URI may contain.
    Malformed(Option<InvalidUri>),
}

impl InvalidTarget {
    pub(super) fn new(text: &str, problem: Problem) -> Self {
        let text = text.into();
        Self { text, problem }
    }

    /// The text that was refused.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        write!(f, "the target {text:?} ")?;
        match &self.problem {
            Problem::NoScheme => write!(
                f,
                "has no scheme: write http://{text} for plaintext or https://{text} for TLS"
            ),
            Problem::Tls => f.write_str(
                "asks for TLS, which is not built in yet: only http:// targets can be connected to",
            ),
            Problem::Scheme(scheme) => {
                write!(
                    f,
                    "has the unknown scheme {scheme:?}: write http://host:port"
                )
            }
            Problem::Path => f.write_str("has a path: write http://host:port and nothing after it"),
            Problem::Query => f.write_str(
                "has a query or a fragment: write http://host:port and nothing after it",
            ),
            Problem::UserName => f.write_str(
                "has a user name: write http://host:port and send credentials with each call",
            ),
            Problem::NoHost => f.write_str("has no host: write http://host:port"),
            Problem::Port(_) => f.write_str("has a bad port: write a number from 1 to 65535"),
            Problem::Brackets => {
                f.write_str("has more than one colon: write an IPv6 address as http://[::1]:port")
            }
            Problem::Address(error) => {
                write!(f, "is not a URI: {error}; write http://[::1]:port")
            }
            Problem::Malformed(Some(error)) => {
                write!(f, "is not a URI: {error}; write http://host:port")
            }
            Problem::Malformed(None) => f.write_str("is not a URI: write http://host:port"),
        }
    }
}

impl Error for InvalidTarget {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Port(Some(error)) => Some(error),
            Problem::Address(error) => Some(error),
            Problem::Malformed(Some(error)) => Some(error),
            _ => None,
        }
    }
}
