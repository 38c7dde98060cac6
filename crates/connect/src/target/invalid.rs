//! Why a text is no target. Each problem has a sentence that says what to write instead.

use std::{error::Error, fmt, io, net::AddrParseError, num::ParseIntError, str::Utf8Error};

use http::uri::InvalidUri;

/// Why a text is no target: the text, what is wrong with it, and what to write instead.
///
/// ```
/// use ziggurat::{Problem, channel::Target};
///
/// let error = Target::parse("http://cafe:http").unwrap_err();
/// assert!(matches!(error.problem(), Problem::Port(Some(_))));
/// assert_eq!(
///     error.to_string(),
///     r#"the target "http://cafe:http" has a bad port: write a number from 1 to 65535"#
/// );
/// ```
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
    /// The scheme is `https`, and the feature `tls` is off.
    Tls,
    /// The scheme is another one.
    Scheme(Box<str>),
    /// The path has a character that a URI writes as an escape.
    Path(char),
    /// The path has a segment that is empty, `.` or `..`.
    Segment,
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
    /// There is a host before the path of a unix socket.
    SocketHost,
    /// The path or the name of a unix socket is empty.
    NoSocket,
    /// The name of an abstract socket contains NUL.
    Nul,
    /// A percent sign is not followed by two hexadecimal digits, or what they say is no UTF-8.
    Escape(Option<Utf8Error>),
    /// No unix socket of the system can have this path or name.
    Socket(io::Error),
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

    /// How the target should begin.
    fn scheme(&self) -> &'static str {
        let scheme = self.text.split_once(':').map_or("", |(scheme, _)| scheme);
        let known = ["https", "unix", "unix-abstract"];
        let known = known
            .iter()
            .find(|known| scheme.eq_ignore_ascii_case(known));
        known.unwrap_or(&"http")
    }
}

impl fmt::Display for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, scheme) = (&self.text, self.scheme());
        write!(f, "the target {text:?} ")?;
        match &self.problem {
            Problem::NoScheme if text.starts_with(['/', '.']) => {
                write!(f, "has no scheme: write unix:{text} for a unix socket")
            }
            Problem::NoScheme => write!(
                f,
                "has no scheme: write http://{text} for plaintext or https://{text} for TLS"
            ),
            Problem::Tls => f.write_str(
                "asks for TLS, which is not built in: enable the feature \"tls\" of ziggurat",
            ),
            Problem::Scheme(other) => write!(
                f,
                "has the unknown scheme {other:?}: write http://host:port, https://host:port or unix:path"
            ),
            Problem::Path(other) => write!(
                f,
                "has {other:?} in its path: write it as an escape, such as %20 for a space"
            ),
            Problem::Segment => write!(
                f,
                "has an empty segment, . or .. in its path: write {scheme}://host:port/prefix as the \
                 server is to see it"
            ),
            Problem::Query if scheme.starts_with("unix") => {
                f.write_str("has a query or a fragment: in a path write %3F for ? and %23 for #")
            }
            Problem::Query => write!(
                f,
                "has a query or a fragment: write {scheme}://host:port, and at most a path after it"
            ),
            Problem::UserName => write!(
                f,
                "has a user name: write {scheme}://host:port and send credentials with each call"
            ),
            Problem::NoHost => write!(f, "has no host: write {scheme}://host:port"),
            Problem::Port(_) => f.write_str("has a bad port: write a number from 1 to 65535"),
            Problem::Brackets => {
                write!(
                    f,
                    "has more than one colon: write an IPv6 address as {scheme}://[::1]:port"
                )
            }
            Problem::Address(error) => {
                write!(f, "is not a URI: {error}; write {scheme}://[::1]:port")
            }
            Problem::Malformed(Some(error)) => {
                write!(f, "is not a URI: {error}; write {scheme}://host:port")
            }
            Problem::Malformed(None) => write!(f, "is not a URI: write {scheme}://host:port"),
            Problem::SocketHost => write!(
                f,
                "has a host before the path: write {scheme}:path, or {scheme}:///path for an absolute one"
            ),
            Problem::NoSocket if scheme == "unix" => f.write_str("has no path: write unix:path"),
            Problem::NoSocket => f.write_str("has no name: write unix-abstract:name"),
            Problem::Nul => f.write_str("contains NUL: the one in front is not written"),
            Problem::Escape(_) => f.write_str("has a bad escape: write %25 for a percent sign"),
            Problem::Socket(error) => write!(f, "can be no unix socket: {error}"),
        }
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidTarget {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause: &(dyn Error + 'static) = match &self.problem {
            Problem::Port(Some(error)) => error,
            Problem::Address(error) => error,
            Problem::Malformed(Some(error)) => error,
            Problem::Escape(Some(error)) => error,
            Problem::Socket(error) => error,
            _ => return None,
        };
        ziggurat_text::source(&self.to_string(), cause)
    }
}
