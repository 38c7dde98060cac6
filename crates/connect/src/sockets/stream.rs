use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{Socket, unix::UnixStream};

/// The stream of [`Sockets`](super::Sockets): a socket of the family that the target names.
///
/// ```
/// use tower_service::Service;
/// use ziggurat::channel::{Proxy, Socket, SocketStream, Sockets, Target};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let target = Target::parse(&format!("http://{}", server.local_addr()?))?;
///
/// let stream = Sockets::new().proxy(Proxy::none()).call(target).await.unwrap();
/// assert!(matches!(stream, SocketStream::Tcp(_)));
/// assert_eq!(stream.remote_addr(), Some(server.local_addr()?));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketStream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

/// Does the same with either socket.
macro_rules! either {
    ($stream:expr, $socket:ident => $does:expr) => {
        match $stream {
            SocketStream::Tcp($socket) => $does,
            SocketStream::Unix($socket) => $does,
        }
    };
}

impl Socket for SocketStream {
    fn local_addr(&self) -> Option<SocketAddr> {
        either!(self, socket => Socket::local_addr(socket))
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        either!(self, socket => Socket::remote_addr(socket))
    }

    fn unix_path(&self) -> Option<PathBuf> {
        either!(self, socket => Socket::unix_path(socket))
    }

    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        either!(self, socket => Socket::set_user_timeout(socket, timeout))
    }
}

impl AsyncRead for SocketStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.get_mut(), socket => Pin::new(socket).poll_read(cx, buffer))
    }
}

impl AsyncWrite for SocketStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), socket => Pin::new(socket).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), socket => Pin::new(socket).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), socket => Pin::new(socket).poll_write_vectored(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, socket => socket.is_write_vectored())
    }
}
