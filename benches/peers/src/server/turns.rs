//! A stream that is written to once in a turn.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};

/// How many bytes are read at once.
const READ: usize = 32 * 1024;
/// How many bytes wait, at most, for the end of a turn.
const WAITING: usize = 32 * 1024;

/// Keeps what h2 writes and flushes, frame by frame, until [`Turns::poll_end`]: else a server of h2 spends two thirds of
/// its time in writes, and is what a fast client waits for.
#[derive(Debug)]
pub struct Turns<S>(Arc<Mutex<Kept<S>>>);

#[derive(Debug)]
struct Kept<S> {
    stream: BufReader<S>,
    waiting: BytesMut,
}

impl<S> Clone for Turns<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Turns<S> {
    pub fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Kept {
            stream: BufReader::with_capacity(READ, stream),
            waiting: BytesMut::with_capacity(READ),
        })))
    }

    /// Writes all that waits.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.kept().poll_write_out(cx)
    }

    fn kept(&self) -> MutexGuard<'_, Kept<S>> {
        self.0.lock().expect("nothing panics")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Kept<S> {
    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.waiting.advance(written);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Turns<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = &mut self.kept().stream;
        let read = ready!(Pin::new(&mut *stream).poll_fill_buf(cx))?;
        let count = read.len().min(into.remaining());
        into.put_slice(&read[..count]);
        Pin::new(stream).consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Turns<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut kept = self.kept();
        if kept.waiting.len() >= WAITING {
            ready!(kept.poll_write_out(cx))?;
        }
        for slice in slices {
            kept.waiting.extend_from_slice(slice);
        }
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing: what was written waits for the end of the turn.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut kept = self.kept();
        ready!(kept.poll_write_out(cx))?;
        Pin::new(&mut kept.stream).poll_shutdown(cx)
    }
}
