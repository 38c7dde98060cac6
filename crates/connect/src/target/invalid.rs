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
    /// What was to be parsed, whole.
    text: Box<str>,
    /// The first thing that is wrong with it.
    problem: Problem,
}

/// What is wrong with a target.
///
/// ```
/// use ziggurat::{Problem, channel::Target};
///
/// let refused = |text| Target::parse(text).unwrap_err();
/// assert!(matches!(refused("cafe:50051").problem(), Problem::NoScheme));
/// assert!(matches!(refused("http://::1:50051").problem(), Problem::Brackets));
/// assert!(matches!(refused("http://ada@cafe").problem(), Problem::UserName));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// There is no `http://` before the host.
    NoScheme,
    /// The scheme is `https`, or one of gRPC's names, and the feature `tls` is off.
    Tls,
    /// It is to be taken in plaintext, and says TLS.
    Secure,
    /// It is to be taken in plaintext, and there are TLS options for it.
    Options,
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
    /// There is a DNS server before the host.
    DnsServer,
    /// There is a path after a host that is no URL's.
    DnsPath,
    /// This is no address of the family that the scheme names.
    Ip(Box<str>),
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
    /// This is wrong with this text.
    pub(super) fn new(text: &str, problem: Problem) -> Self {
        let text = text.into();
        Self { text, problem }
    }

    /// The error of a target that is to be taken in plaintext, though there are TLS options for it: for builders of
    /// channels.
    pub fn with_options(target: &str) -> Self {
        Self::new(target, Problem::Options)
    }

    /// The text that was refused.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The scheme that it has, or should have.
    fn scheme(&self) -> &'static str {
        let scheme = self.text.split_once(':').map_or("", |(scheme, _)| scheme);
        let known = ["https", "dns", "ipv4", "ipv6", "unix", "unix-abstract"];
        let known = known
            .iter()
            .find(|known| scheme.eq_ignore_ascii_case(known));
        known.unwrap_or(&"http")
    }

    /// How a target of that scheme begins, up to the host.
    fn start(&self) -> &'static str {
        match self.scheme() {
            "https" => "https://",
            "dns" => "dns:///",
            _ => "http://",
        }
    }
}

impl fmt::Display for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, scheme, start) = (&self.text, self.scheme(), self.start());
        write!(f, "the target {text:?} ")?;
        match &self.problem {
            Problem::NoScheme if text.starts_with(['/', '.']) => {
                write!(f, "has no scheme: write unix:{text} for a unix socket")
            }
            Problem::NoScheme => write!(
                f,
                "has no scheme: write http://{text} for plaintext, https://{text} or dns:///{text} for TLS"
            ),
            Problem::Scheme(other) => write!(
                f,
                "has the unknown scheme {other:?}: write http://host:port, https://host:port, dns:///host:port, \
                 ipv4:address:port, ipv6:[address]:port or unix:path"
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
            Problem::Query if matches!(scheme, "http" | "https") => write!(
                f,
                "has a query or a fragment: write {scheme}://host:port, and at most a path after it"
            ),
            Problem::UserName => write!(
                f,
                "has a user name: write {start}host:port and send credentials with each call"
            ),
            Problem::NoHost => write!(f, "has no host: write {start}host:port"),
            Problem::Brackets => write!(
                f,
                "has more than one colon: write an IPv6 address as {start}[::1]:port"
            ),
            Problem::Address(error) => write!(f, "is not a URI: {error}; write {start}[::1]:port"),
            Problem::Malformed(Some(error)) => {
                write!(f, "is not a URI: {error}; write {start}host:port")
            }
            Problem::Malformed(None) => write!(f, "is not a URI: write {start}host:port"),
            Problem::Ip(entry) if scheme == "ipv6" => write!(
                f,
                "has {entry:?} where an IPv6 address belongs: write ipv6:[::1]:443,[::2]:443"
            ),
            Problem::Ip(entry) => write!(
                f,
                "has {entry:?} where an IPv4 address belongs: write ipv4:10.0.0.1:443,10.0.0.2:443"
            ),
            Problem::SocketHost => write!(
                f,
                "has a host before the path: write {scheme}:path, or {scheme}:///path for an absolute one"
            ),
            Problem::Socket(error) => write!(f, "can be no unix socket: {error}"),
            other => f.write_str(other.fixed(scheme)),
        }
    }
}

impl Problem {
    /// What is said of those that are the same for all targets of a scheme.
    fn fixed(&self, scheme: &str) -> &'static str {
        match self {
            Self::Tls => {
                "asks for TLS, which is not built in: enable the feature \"tls\" of ziggurat"
            }
            Self::Secure => "says TLS: write http:// for plaintext",
            Self::Options => "has TLS options: leave them out for plaintext",
            Self::DnsServer => {
                "has a DNS server before the host: write dns:///host:port, and ask other servers than the system's by the \
                 resolver Dns"
            }
            Self::DnsPath => {
                "has a path after the host: write dns:///host:port, or https://host:port/prefix for what stands before the \
                 paths of calls"
            }
            Self::Query if scheme.starts_with("unix") => {
                "has a query or a fragment: in a path write %3F for ? and %23 for #"
            }
            Self::Query => "has a query or a fragment: leave it out",
            Self::Port(_) => "has a bad port: write a number from 1 to 65535",
            Self::NoSocket if scheme == "unix" => "has no path: write unix:path",
            Self::NoSocket => "has no name: write unix-abstract:name",
            Self::Nul => "contains NUL: the one in front is not written",
            Self::Escape(_) => "has a bad escape: write %25 for a percent sign",
            // Their sentences have something of the text in them.
            _ => "",
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
