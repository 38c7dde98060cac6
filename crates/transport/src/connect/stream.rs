use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};
use tower_service::Service;

use crate::{BoxError, Target};

/// Opens byte streams to a target.
///
/// An alias: implement `tower_service::Service<Target>`. A connector is cloned for each attempt, awaited until it is
/// ready, and called once.
///
/// Its error's text becomes the end of the channel's, so it should say what was tried and what came of it (D-27). It has
/// no timeout to keep: the channel drops its future, which must stop the attempt.
pub trait Connect:
    Service<Target, Response: Stream, Error: Into<BoxError>, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Connect for S where
    S: Service<Target, Response: Stream, Error: Into<BoxError>, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Bytes in both directions, and where they go.
///
/// An alias: implement tokio's `AsyncRead` and `AsyncWrite`, and [`Addresses`].
pub trait Stream: AsyncRead + AsyncWrite + Addresses + Send + Unpin + 'static {}

impl<S> Stream for S where S: AsyncRead + AsyncWrite + Addresses + Send + Unpin + 'static {}

/// Tells the socket addresses of a stream's two ends.
///
/// Both default to `None`, for streams that have none. They are asked once, when the connection is made.
///
/// ```
/// use std::net::SocketAddr;
/// use ziggurat_transport::connect::Addresses;
///
/// /// A stream that came through a proxy, which tells where it leads.
/// struct Proxied<S> {
///     stream: S,
///     server: SocketAddr,
/// }
///
/// impl<S: Addresses> Addresses for Proxied<S> {
///     fn local_addr(&self) -> Option<SocketAddr> {
///         self.stream.local_addr()
///     }
///
///     fn remote_addr(&self) -> Option<SocketAddr> {
///         Some(self.server)
///     }
/// }
///
/// let (stream, _) = tokio::io::duplex(1);
/// let proxied = Proxied { stream, server: "10.0.0.1:80".parse()? };
/// assert_eq!(proxied.local_addr(), None);
/// assert_eq!(proxied.remote_addr().unwrap().port(), 80);
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
pub trait Addresses {
    /// The address of this side.
    fn local_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The address of the server's side.
    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }
}

impl Addresses for DuplexStream {}

impl Addresses for TcpStream {
    fn local_addr(&self) -> Option<SocketAddr> {
        TcpStream::local_addr(self).ok()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }
}

impl<S: Addresses + ?Sized> Addresses for Box<S> {
    fn local_addr(&self) -> Option<SocketAddr> {
        (**self).local_addr()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        (**self).remote_addr()
    }
}
