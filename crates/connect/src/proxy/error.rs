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
///
/// ```
/// use std::future::pending;
/// use tokio::{io::AsyncWriteExt, net::TcpListener};
/// use tower_service::Service;
/// use ziggurat::channel::{Proxy, ProxyError, Sockets, Target};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = Proxy::http(&format!("http://{}", listener.local_addr()?))?;
/// tokio::spawn(async move {
///     let (mut client, _) = listener.accept().await.unwrap();
///     client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
///     pending::<()>().await;
/// });
///
/// let mut sockets = Sockets::new().proxy(proxy);
/// let error = sockets.call(Target::parse("http://cafe:50051")?).await.unwrap_err();
/// assert!(error.to_string().ends_with("refuses to connect to cafe:50051: 403 Forbidden"));
/// assert_eq!(error.downcast_ref::<ProxyError>().unwrap().status(), Some(403));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ProxyError {
    /// As it is shown.
    proxy: Box<str>,
    failure: Failure,
}

/// What went wrong on the way through a proxy, in the order in which it may.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection to the proxy itself.
    Unreachable(TcpError),
    /// While the request was written or the answer was read.
    Lost(io::Error),
    /// The proxy ended the connection before its answer was whole.
    Closed,
    /// What it answers is no HTTP/1: often a server that was taken for a proxy.
    NotHttp(httparse::Error),
    /// In bytes.
    /// Its answer has a header that is longer than this limit.
    TooLong(usize),
    /// It answered 407.
    Unauthorized {
        /// Whether a user and a password were sent: then they are wrong, else they are missing.
        had_credentials: bool,
        /// The answer's status line, which may say more.
        status: Status,
        /// The schemes that the proxy takes.
        schemes: Vec<Box<str>>,
    },
    /// It answered with another status that is no success.
    Refused {
        /// The server that it was asked for, with its port.
        server: Box<str>,
        /// The answer's status line.
        status: Status,
    },
}

/// The status line of an answer.
#[derive(Debug)]
pub(super) struct Status {
    /// The number, such as 403.
    pub(super) code: u16,
    /// The words after it, which may be missing; they are the proxy's, and shown as foreign text.
    pub(super) reason: Box<str>,
}

impl ProxyError {
    /// The failure of this proxy; keeps of it what may be shown.
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
