//! What a connector is and what a stream has to be, as the aliases that the rest is written in.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};
use tower_service::Service;

use super::{Negotiated, user_timeout};
use crate::{BoxError, Target};

/// Opens byte streams to a target.
///
/// An alias: implement `tower_service::Service<Target>`. A connector is cloned for each attempt, awaited until it is
/// ready, and called once.
///
/// Its error's text becomes the end of the channel's, so it should say what was tried and what came of it (D-27). It has
/// no timeout to keep: the channel drops its future, which must stop the attempt.
///
/// ```
/// use std::io;
/// use tokio::io::{DuplexStream, duplex};
/// use tower::service_fn;
/// use ziggurat::{Channel, channel::{Connect, Target}};
///
/// /// Leads to a server in the same process, whatever the target says.
/// fn in_memory() -> impl Connect {
///     service_fn(async |_: Target| {
///         let (client, _server) = duplex(16 * 1024);
///         Ok::<DuplexStream, io::Error>(client)
///     })
/// }
///
/// let channel = Channel::builder("http://cafe")?.connector(in_memory()).connect_lazy();
/// # drop(channel);
/// # Ok::<_, ziggurat::InvalidTarget>(())
/// ```
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

/// Bytes in both directions, over a socket or something like it.
///
/// An alias: implement tokio's `AsyncRead` and `AsyncWrite`, and [`Socket`].
pub trait Stream: AsyncRead + AsyncWrite + Socket + Send + Unpin + 'static {}

impl<S> Stream for S where S: AsyncRead + AsyncWrite + Socket + Send + Unpin + 'static {}

/// What a stream knows of the socket below it.
///
/// A stream without one leaves the defaults: no addresses, and nothing to set. All is asked once, when the connection
/// is made. A stream around another passes it on.
///
/// ```
/// use std::{io, net::SocketAddr, path::PathBuf, time::Duration};
/// use ziggurat::channel::Socket;
///
/// /// A stream that came through a proxy, which tells where it leads.
/// struct Proxied<S> {
///     stream: S,
///     server: SocketAddr,
/// }
///
/// impl<S: Socket> Socket for Proxied<S> {
///     fn local_addr(&self) -> Option<SocketAddr> {
///         self.stream.local_addr()
///     }
///
///     fn remote_addr(&self) -> Option<SocketAddr> {
///         Some(self.server)
///     }
///
///     fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
///         self.stream.set_user_timeout(timeout)
///     }
/// }
///
/// let (stream, _) = tokio::io::duplex(1);
/// let proxied = Proxied { stream, server: "10.0.0.1:80".parse()? };
/// assert_eq!(proxied.local_addr(), None);
/// assert_eq!(proxied.remote_addr().unwrap().port(), 80);
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
pub trait Socket {
    /// The address of this side.
    fn local_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The address of the server's side.
    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The path of the server's unix socket, if the stream is one and it has a path.
    fn unix_path(&self) -> Option<PathBuf> {
        None
    }

    /// What was agreed on in a TLS handshake, if this is a stream of TLS.
    fn tls(&self) -> Option<Negotiated> {
        None
    }

    /// Limits how long what was sent may stay unacknowledged; called when keepalive is on (E-7).
    ///
    /// For TCP on Linux it is `TCP_USER_TIMEOUT`. The default does nothing.
    ///
    /// # Errors
    ///
    /// The operating system refused. The connection is used all the same.
    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }
}

impl Socket for DuplexStream {}

impl Socket for TcpStream {
    fn local_addr(&self) -> Option<SocketAddr> {
        TcpStream::local_addr(self).ok()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }

    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        user_timeout::set(self, timeout)
    }
}

impl<S: Socket + ?Sized> Socket for Box<S> {
    fn local_addr(&self) -> Option<SocketAddr> {
        (**self).local_addr()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        (**self).remote_addr()
    }

    fn unix_path(&self) -> Option<PathBuf> {
        (**self).unix_path()
    }

    fn tls(&self) -> Option<Negotiated> {
        (**self).tls()
    }

    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        (**self).set_user_timeout(timeout)
    }
}
