use std::{error::Error, fmt, io, net::SocketAddr};

use crate::Target;

/// Why no TCP connection was made.
///
/// The text names the host, each address that was tried, and what the operating system said of it (D-27). The
/// source is the last `io::Error`.
///
/// ```
/// use std::error::Error;
/// use tower_service::Service;
/// use ziggurat::channel::{Target, Tcp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = Tcp::default().call(Target::parse("http://name.invalid")?).await.unwrap_err();
/// assert!(error.to_string().starts_with("the host \"name.invalid\" cannot be resolved: "));
/// assert!(error.source().unwrap().is::<std::io::Error>());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TcpError(Failure);

#[derive(Debug)]
enum Failure {
    NotTcp(Target),
    Unresolved(Box<str>, io::Error),
    NoAddress(Box<str>),
    Unreachable(Vec<(SocketAddr, io::Error)>),
}

impl TcpError {
    pub(super) fn not_tcp(target: Target) -> Self {
        Self(Failure::NotTcp(target))
    }

    pub(super) fn unresolved(host: &str, error: io::Error) -> Self {
        Self(Failure::Unresolved(host.into(), error))
    }

    pub(super) fn unreachable(host: &str, failures: Vec<(SocketAddr, io::Error)>) -> Self {
        if failures.is_empty() {
            return Self(Failure::NoAddress(host.into()));
        }
        Self(Failure::Unreachable(failures))
    }
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Failure::NotTcp(target) => {
                write!(
                    f,
                    "{target} is no TCP target, and this channel connects over TCP only"
                )
            }
            Failure::Unresolved(host, error) => {
                write!(f, "the host {host:?} cannot be resolved: {error}")
            }
            Failure::NoAddress(host) => write!(f, "the host {host:?} resolves to no address"),
            Failure::Unreachable(failures) => {
                for (n, (address, error)) in failures.iter().enumerate() {
                    let separator = if n == 0 { "" } else { "; " };
                    write!(f, "{separator}{address}: {error}")?;
                }
                Ok(())
            }
        }
    }
}

impl Error for TcpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Failure::Unresolved(_, error) => Some(error),
            Failure::NotTcp(_) | Failure::NoAddress(_) => None,
            Failure::Unreachable(failures) => failures.last().map(|(_, error)| error as _),
        }
    }
}
