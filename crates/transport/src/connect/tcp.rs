use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;

use crate::Target;

/// Connects over TCP, in plaintext.
///
/// The host is resolved by the operating system for each attempt, and its addresses are tried in the order they come.
/// `TCP_NODELAY` is on: HTTP/2 collects its own writes, and the kernel's delay would hold back the last of them.
///
/// It sets no timeout; a channel has its [connect timeout](crate::channel::Builder::connect_timeout) for that.
///
/// ```
/// use tower_service::Service;
/// use ziggurat_transport::{Target, connect::Tcp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let target = Target::parse(&format!("http://{}", server.local_addr()?))?;
///
/// let stream = Tcp.call(target).await?;
/// assert_eq!(stream.peer_addr()?, server.local_addr()?);
/// assert!(stream.nodelay()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Service<Target> for Tcp {
    type Response = TcpStream;
    type Error = TcpError;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TcpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Connecting {
        Connecting(Box::pin(connect(target)))
    }
}

async fn connect(target: Target) -> Result<TcpStream, TcpError> {
    // Resolving a name takes a thread, an address needs none: tokio sees to that.
    let addresses = lookup_host((target.host(), target.port()))
        .await
        .map_err(|error| TcpError::unresolved(&target, error))?;
    let mut failures = Vec::new();
    for address in addresses {
        match open(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failures.push((address, error)),
        }
    }
    Err(TcpError::unreachable(target, failures))
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The future of [`Tcp`]. Dropping it stops the attempt.
#[must_use = "futures do nothing unless polled"]
pub struct Connecting(Pin<Box<dyn Future<Output = Result<TcpStream, TcpError>> + Send>>);

impl Future for Connecting {
    type Output = Result<TcpStream, TcpError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}

/// Why no TCP connection was made.
///
/// The text names the host, each address that was tried, and what the operating system said of it (D-27). The
/// source is the last `io::Error`.
///
/// ```
/// use std::error::Error;
/// use tower_service::Service;
/// use ziggurat_transport::{Target, connect::Tcp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = Tcp.call(Target::parse("http://name.invalid")?).await.unwrap_err();
/// assert!(error.to_string().starts_with("the host \"name.invalid\" cannot be resolved: "));
/// assert!(error.source().unwrap().is::<std::io::Error>());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TcpError(Failure);

#[derive(Debug)]
enum Failure {
    Unresolved(Target, io::Error),
    NoAddress(Target),
    Unreachable(Vec<(SocketAddr, io::Error)>),
}

impl TcpError {
    fn unresolved(target: &Target, error: io::Error) -> Self {
        Self(Failure::Unresolved(target.clone(), error))
    }

    fn unreachable(target: Target, failures: Vec<(SocketAddr, io::Error)>) -> Self {
        if failures.is_empty() {
            return Self(Failure::NoAddress(target));
        }
        Self(Failure::Unreachable(failures))
    }
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Failure::Unresolved(target, error) => {
                write!(
                    f,
                    "the host {:?} cannot be resolved: {error}",
                    target.host()
                )
            }
            Failure::NoAddress(target) => {
                write!(f, "the host {:?} resolves to no address", target.host())
            }
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
            Failure::NoAddress(_) => None,
            Failure::Unreachable(failures) => failures.last().map(|(_, error)| error as _),
        }
    }
}
