use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tower_service::Service;

use super::SocketStream;
use crate::{BoxError, Proxy, Target, TcpOptions, Unix, target::Place};

/// Connects over TCP or to a unix socket, as the target says; the default of a channel.
///
/// Over TCP it goes through an HTTP proxy, if the environment names one: [`Proxy::from_env`]. Its error is that of the
/// way it took: a [`TcpError`](crate::TcpError), a [`UnixError`](crate::UnixError), a [`ProxyError`](crate::ProxyError),
/// or an [`InvalidProxy`](crate::InvalidProxy).
///
/// ```
/// use std::time::Duration;
/// use ziggurat::channel::{Proxy, Sockets, TcpOptions};
///
/// let tcp = TcpOptions::new().attempt_delay(Duration::from_millis(500));
/// let connector = Sockets::new().tcp(tcp).proxy(Proxy::none());
/// # let _ = connector;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    tcp: TcpOptions,
    proxy: Proxy,
}

impl Sockets {
    /// A connector with the defaults; it reads the environment now.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes TCP connections like this; the default is [`TcpOptions::new`].
    pub fn tcp(mut self, tcp: TcpOptions) -> Self {
        self.tcp = tcp;
        self
    }

    /// Makes them through this proxy, or through none; the default is [`Proxy::from_env`].
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// The proxy on the way to a target, as it is shown, if there is one.
    pub(crate) fn proxy_for(&self, target: &Target) -> Option<Box<str>> {
        self.proxy.address_for(target)
    }
}

impl Service<Target> for Sockets {
    type Response = SocketStream;
    type Error = BoxError;
    type Future = Reaching;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Reaching {
        Reaching(Box::pin(reach(target, self.clone())))
    }
}

async fn reach(target: Target, sockets: Sockets) -> Result<SocketStream, BoxError> {
    let Sockets { tcp, proxy } = sockets;
    match target.place() {
        Place::Tcp { .. } => {
            let stream = proxy.open(target, tcp).await?;
            Ok(SocketStream::Tcp(stream))
        }
        Place::Unix(_) | Place::UnixAbstract(_) => {
            let stream = Unix::new().call(target).await?;
            Ok(SocketStream::Unix(stream))
        }
    }
}

/// The future of [`Sockets`]. Dropping it stops the attempt.
#[must_use = "futures do nothing unless polled"]
pub struct Reaching(Pin<Box<dyn Future<Output = Result<SocketStream, BoxError>> + Send>>);

impl Future for Reaching {
    type Output = Result<SocketStream, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Reaching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reaching").finish_non_exhaustive()
    }
}
