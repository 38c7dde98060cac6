use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A frame's head: three bytes of length, type, flags, four bytes of stream id.
const HEAD: usize = 9;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;

/// A stream whose first frame must be the server's SETTINGS.
///
/// h2 accepts other frames before it, and reads an HTTP/1 answer as a frame that is too large; here both are told apart
/// and said.
#[derive(Debug)]
pub(super) struct Preface<S> {
    stream: S,
    head: [u8; HEAD],
    seen: usize,
}

impl<S> Preface<S> {
    pub(super) fn new(stream: S) -> Self {
        let head = [0; HEAD];
        Self {
            stream,
            head,
            seen: 0,
        }
    }

    fn check(&mut self, read: &[u8]) -> io::Result<()> {
        let missing = &mut self.head[self.seen..];
        let count = missing.len().min(read.len());
        missing[..count].copy_from_slice(&read[..count]);
        self.seen += count;
        if self.seen < HEAD {
            return Ok(());
        }
        if self.head.starts_with(b"HTTP/") {
            return Err(invalid("it answered in HTTP/1"));
        }
        let [_, _, _, kind, flags, stream @ ..] = self.head;
        if kind != SETTINGS || flags & ACK != 0 || stream != [0; 4] {
            return Err(invalid("its first frame is not SETTINGS"));
        }
        Ok(())
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl<S: AsyncRead + Unpin> AsyncRead for Preface<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if self.seen < HEAD {
            self.check(&buf.filled()[before..])?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Preface<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
