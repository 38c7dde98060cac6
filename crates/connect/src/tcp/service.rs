use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;

use super::{TcpError, TcpOptions, race::race};
use crate::{Target, target::Place};

/// Connects over TCP, in plaintext.
///
/// The host is resolved by the operating system for each attempt. Its addresses are tried in the order they come, but
/// IPv4 and IPv6 in turn; where one does not answer within 250 ms, the next is tried beside it, and the first that
/// connects wins (G-31).
///
/// It sets no timeout; a channel has its `connect_timeout` for that.
///
/// ```
/// use tower_service::Service;
/// use ziggurat::channel::{Target, Tcp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let target = Target::parse(&format!("http://{}", server.local_addr()?))?;
///
/// let stream = Tcp::default().call(target).await?;
/// assert_eq!(stream.peer_addr()?, server.local_addr()?);
/// assert!(stream.nodelay()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tcp {
    /// For each socket that it opens.
    options: TcpOptions,
}

impl Tcp {
    /// A connector with these options; the default has the defaults.
    pub fn new(options: TcpOptions) -> Self {
        Self { options }
    }
}

impl Service<Target> for Tcp {
    type Response = TcpStream;
    type Error = TcpError;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TcpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Connecting {
        Connecting(Box::pin(connect(target, self.options.clone())))
    }
}

/// Resolves the host, unless the target brings its addresses, and races them; says each step to who waits for it.
async fn connect(target: Target, options: TcpOptions) -> Result<TcpStream, TcpError> {
    let TcpOptions {
        delayed,
        attempt_delay,
    } = options;
    let Place::Tcp { host, port } = target.place() else {
        return Err(TcpError::not_tcp(target));
    };
    let steps = target.steps();
    let addresses = match target.addresses() {
        [] => {
            steps.resolving(host);
            // Resolving a name takes a thread, an address needs none: tokio sees to that.
            let resolved = lookup_host((host, port)).await;
            let resolved = resolved.map_err(|error| TcpError::unresolved(host, error))?;
            resolved.collect::<Vec<_>>()
        }
        known => known.to_vec(),
    };
    let open = async |address| {
        steps.trying(address);
        let opened = open(address, !delayed).await;
        opened.inspect_err(|error| steps.failed(address, error))
    };
    race(addresses.into_iter(), attempt_delay, open)
        .await
        .map_err(|failures| TcpError::unreachable(host, failures))
}

/// Connects to one address and sets the socket's options.
async fn open(address: SocketAddr, nodelay: bool) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(nodelay)?;
    Ok(stream)
}

/// The future of [`Tcp`]. Dropping it stops all its attempts.
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
