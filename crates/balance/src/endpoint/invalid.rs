//! Why a text is no address. Each problem has a sentence that says what to write instead.

use std::{convert::Infallible, error::Error, fmt, net::IpAddr};

use ziggurat_connect::target::InvalidTarget;

/// Why a text is no address: the text, what is wrong with it, and what to write instead.
///
/// ```
/// use ziggurat::balance::Address;
///
/// let error = "10.0.0.1".parse::<Address>().unwrap_err();
/// assert_eq!(error.to_string(), r#""10.0.0.1" has no port: write 10.0.0.1:443"#);
/// ```
pub struct InvalidAddress {
    text: Box<str>,
    problem: Problem,
}

pub(super) enum Problem {
    /// It is an IP address alone.
    NoPort(IpAddr),
    /// The port is no number from 1 to 65535.
    Port,
    /// There is a scheme before a host.
    Scheme,
    /// There is a name where an IP address belongs, or something else.
    Name,
    /// The path can be none of a unix socket. What is wrong with it is a sentence of its own.
    Socket(InvalidTarget),
}

impl InvalidAddress {
    pub(super) fn new(text: &str, problem: Problem) -> Self {
        let text = text.into();
        Self { text, problem }
    }

    /// The text that was refused.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match &self.problem {
            Problem::NoPort(IpAddr::V4(ip)) => write!(f, "{text:?} has no port: write {ip}:443"),
            Problem::NoPort(IpAddr::V6(ip)) => write!(f, "{text:?} has no port: write [{ip}]:443"),
            Problem::Port => write!(f, "{text:?} has a bad port: write a number from 1 to 65535"),
            Problem::Scheme => write!(
                f,
                "{text:?} has a scheme: write the address alone, as in 10.0.0.1:443 or [::1]:443"
            ),
            Problem::Name => write!(
                f,
                "{text:?} is no address: write 10.0.0.1:443, [::1]:443 or unix:path; a name needs a resolver"
            ),
            Problem::Socket(error) => error.fmt(f),
        }
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidAddress {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Socket(error) => error.source(),
            _ => None,
        }
    }
}

/// For what takes whatever can become an endpoint: an address cannot fail to.
impl From<Infallible> for InvalidAddress {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
