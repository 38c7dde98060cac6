use std::{error::Error, fmt, io};

use ziggurat_text::{VALUE, foreign};

use super::server::Server;
use crate::TcpError;

/// Why a proxy did not lead to the server.
///
/// The text names the proxy and says what it did (D-27); it never shows the credentials. The source is the error of the
/// socket, where there is one.
///
/// | what the proxy did | text |
/// |---|---|
/// | it is not there | `the proxy http://proxy:3128 cannot be reached: 10.0.0.1:3128: Connection refused` |
/// | it wants credentials | `the proxy http://proxy:3128 wants a user name and a password: 407 …` |
/// | it refused | `the proxy http://proxy:3128 refuses to connect to cafe:50051: 403 Forbidden` |
/// | it is no proxy | `the proxy http://proxy:3128 does not speak HTTP/1: …` |
#[derive(Debug)]
pub struct ProxyError {
    /// As it is shown.
    proxy: Box<str>,
    failure: Failure,
}

#[derive(Debug)]
pub(super) enum Failure {
    Unreachable(TcpError),
    /// While the request was written or the answer was read.
    Lost(io::Error),
    Closed,
    NotHttp(httparse::Error),
    /// In bytes.
    TooLong(usize),
    Unauthorized {
        had_credentials: bool,
        status: Status,
        /// The schemes that the proxy takes.
        schemes: Vec<Box<str>>,
    },
    Refused {
        server: Box<str>,
        status: Status,
    },
}

/// The status line of an answer.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) reason: Box<str>,
}

impl ProxyError {
    pub(super) fn new(proxy: &Server, failure: Failure) -> Self {
        Self {
            proxy: proxy.to_string().into(),
            failure,
        }
    }

    /// The HTTP status that the proxy answered, if it did not let the channel pass.
    pub fn status(&self) -> Option<u16> {
        match &self.failure {
            Failure::Unauthorized { status, .. } | Failure::Refused { status, .. } => {
                Some(status.code)
            }
            _ => None,
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ", self.proxy)?;
        match &self.failure {
            Failure::Unreachable(error) => write!(f, "cannot be reached: {error}"),
            Failure::Lost(error) => write!(f, "broke off: {error}"),
            Failure::Closed => f.write_str("closed the connection before it had answered"),
            Failure::NotHttp(error) => write!(f, "does not speak HTTP/1: {error}"),
            Failure::TooLong(limit) => {
                write!(f, "answered with a header of more than {limit} bytes")
            }
            Failure::Unauthorized {
                had_credentials,
                status,
                schemes,
            } => {
                let what = if *had_credentials {
                    "does not accept the user name and the password"
                } else {
                    "wants a user name and a password"
                };
                write!(f, "{what}: {status}")?;
                if schemes.is_empty() {
                    return Ok(());
                }
                write!(f, "; it takes {}", foreign(&schemes.join(", "), VALUE))
            }
            Failure::Refused { server, status } => {
                write!(f, "refuses to connect to {server}: {status}")
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{} {}", self.code, foreign(self.reason.as_bytes(), VALUE));
        f.write_str(text.trim_end())
    }
}

impl Error for ProxyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            Failure::Unreachable(error) => Some(error),
            Failure::Lost(error) => Some(error),
            Failure::NotHttp(error) => Some(error),
            Failure::Closed
            | Failure::TooLong(_)
            | Failure::Unauthorized { .. }
            | Failure::Refused { .. } => None,
        }
    }
}
