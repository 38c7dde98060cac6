use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Socket;

/// A stream that knows of no socket: makes any stream one that connects.
///
/// For streams of other crates, which do not implement [`Socket`]. It has no addresses, and nothing to set.
///
/// ```
/// use ziggurat::channel::{Bare, Connect, Target};
///
/// /// Connects with whatever opens a stream.
/// fn connector<S>(open: fn(host: &str, port: Option<u16>) -> std::io::Result<S>) -> impl Connect
/// where
///     S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
/// {
///     tower::service_fn(move |target: Target| {
///         std::future::ready(open(target.host(), target.port()).map(Bare))
///     })
/// }
/// # connector(|_, _| Ok(tokio::io::empty()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Bare<S>(
    /// The stream.
    pub S,
);

impl<S> Socket for Bare<S> {}

impl<S: AsyncRead + Unpin> AsyncRead for Bare<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bare<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
