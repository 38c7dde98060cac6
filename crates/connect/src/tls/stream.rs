//! A stream that may have TLS over it, and says in words what TLS found.
//!
//! rustls reports what is wrong as an `io::Error` at the next read or write; here each passes by `explain`. The first word
//! after the handshake is special: with TLS 1.3 that is where a server refuses a client's certificate (I-7).

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use rustls::{ClientConnection, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::explain::Situation;
use crate::{Negotiated, Socket};

/// A stream, with TLS over it or without.
///
/// For who makes attempts to connect, as `ziggurat-transport` does: it has one type for both.
#[derive(Debug)]
pub struct Secured<S>(Layer<S>);

/// What is over the socket.
#[derive(Debug)]
enum Layer<S> {
    /// Nothing: bytes pass as they are.
    Plain(S),
    /// TLS; in a box, for a session is large and a plaintext stream should not carry its size.
    Tls(Box<Tls<S>>),
}

/// A stream with TLS over it, from the end of its handshake on.
#[derive(Debug)]
struct Tls<S> {
    /// The session and the socket below it.
    stream: TlsStream<S>,
    /// What the sentences about its errors depend on.
    situation: Situation,
    /// Whether the server has said anything since the handshake.
    has_read: bool,
}

impl<S> Secured<S> {
    /// The stream as it is.
    pub fn plain(stream: S) -> Self {
        Self(Layer::Plain(stream))
    }

    /// The stream of a handshake that is over; nothing was read from it yet.
    pub(super) fn tls(stream: TlsStream<S>, situation: Situation) -> Self {
        Self(Layer::Tls(Box::new(Tls {
            stream,
            situation,
            has_read: false,
        })))
    }

    /// The socket below, which knows its addresses and takes its options whether there is TLS or not.
    fn socket(&self) -> &S {
        match &self.0 {
            Layer::Plain(stream) => stream,
            Layer::Tls(tls) => tls.stream.get_ref().0,
        }
    }
}

impl<S> Tls<S> {
    /// I-7: with TLS 1.3 a server refuses a client certificate after the handshake, with an alert or without a word.
    fn explain(&self, error: io::Error) -> io::Error {
        if self.has_read {
            self.situation.explain(error)
        } else {
            self.situation.explain_first(error)
        }
    }
}

impl<S: Socket> Socket for Secured<S> {
    fn local_addr(&self) -> Option<SocketAddr> {
        self.socket().local_addr()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        self.socket().remote_addr()
    }

    fn unix_path(&self) -> Option<PathBuf> {
        self.socket().unix_path()
    }

    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.socket().set_user_timeout(timeout)
    }

    fn tls(&self) -> Option<Negotiated> {
        match &self.0 {
            Layer::Plain(stream) => stream.tls(),
            Layer::Tls(tls) => Some(info(tls.stream.get_ref().1)),
        }
    }
}

/// What the handshake came to, in names that a user of any TLS library knows.
fn info(connection: &ClientConnection) -> Negotiated {
    let suite = connection.negotiated_cipher_suite();
    let suite = suite.and_then(|suite| suite.suite().as_str());
    let certificates = connection.peer_certificates().unwrap_or_default();
    Negotiated {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".into(),
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".into(),
            other => format!("{other:?}").into(),
        },
        // IANA's names do not repeat the version.
        cipher_suite: suite
            .unwrap_or_default()
            .replacen("TLS13_", "TLS_", 1)
            .into(),
        alpn: connection.alpn_protocol().map(Bytes::copy_from_slice),
        certificates: certificates
            .iter()
            .map(|certificate| Bytes::copy_from_slice(certificate))
            .collect(),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Layer::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Layer::Tls(tls) => {
                let before = buffer.filled().len();
                let read = Pin::new(&mut tls.stream).poll_read(cx, buffer);
                tls.has_read |= buffer.filled().len() > before;
                read.map_err(|error| tls.explain(error))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Layer::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Layer::Tls(tls) => Pin::new(&mut tls.stream)
                .poll_write(cx, bytes)
                .map_err(|error| tls.explain(error)),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Layer::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Layer::Tls(tls) => Pin::new(&mut tls.stream)
                .poll_write_vectored(cx, slices)
                .map_err(|error| tls.explain(error)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Layer::Plain(stream) => stream.is_write_vectored(),
            Layer::Tls(tls) => tls.stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Layer::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Layer::Tls(tls) => Pin::new(&mut tls.stream)
                .poll_flush(cx)
                .map_err(|error| tls.explain(error)),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Layer::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Layer::Tls(tls) => Pin::new(&mut tls.stream).poll_shutdown(cx),
        }
    }
}
