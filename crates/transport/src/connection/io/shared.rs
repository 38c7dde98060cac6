use std::{
    io::{self, IoSlice},
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{collect::Collected, preface::Preface};

/// A stream that hyper reads and writes, and the driver flushes. Cloning is one reference count.
///
/// hyper's own flush does nothing: the driver flushes when all that could write has been polled.
#[derive(Debug)]
pub(in crate::connection) struct Io<S>(Arc<Mutex<Parts<S>>>);

#[derive(Debug)]
struct Parts<S> {
    stream: S,
    preface: Preface,
    collected: Collected,
    /// Why a flush of the driver failed, until hyper was told.
    failed: Option<io::Error>,
    has_read: bool,
    /// When something was read last; `None` if nobody asks for the time.
    last_read: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> {
    pub(in crate::connection) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Parts {
            stream,
            preface: Preface::default(),
            collected: Collected::default(),
            failed: None,
            has_read: false,
            last_read: None,
        })))
    }

    /// Takes the time of each read from now on.
    pub(in crate::connection) fn keep_time(&self) {
        self.lock().last_read = Some(Instant::now());
    }

    /// When something was read last, if the [time is kept](Self::keep_time).
    pub(in crate::connection) fn last_read(&self) -> Option<Instant> {
        self.lock().last_read
    }

    /// Writes what was collected. If that fails, hyper learns it at its next read or write.
    ///
    /// The waker should be that of the connection: a socket keeps one, and this is its last use in a poll of the driver.
    pub(in crate::connection) fn poll_flush(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failed>> {
        let mut parts = self.lock();
        let Parts {
            stream, collected, ..
        } = &mut *parts;
        ready!(collected.poll_flush(stream, cx)).map_err(|error| {
            parts.failed = Some(error);
            Failed
        })?;
        Poll::Ready(Ok(()))
    }

    /// Whether something was read since this was asked last.
    pub(in crate::connection) fn take_read(&self) -> bool {
        mem::take(&mut self.lock().has_read)
    }

    fn lock(&self) -> MutexGuard<'_, Parts<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A flush failed.
#[derive(Debug)]
pub(in crate::connection) struct Failed;

impl<S> Parts<S> {
    fn check(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl<S> Clone for Io<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut parts = self.lock();
        parts.check()?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut parts.stream).poll_read(cx, buf))?;
        parts.has_read = true;
        if let Some(last_read) = &mut parts.last_read {
            *last_read = Instant::now();
        }
        let read = parts.preface.check(&buf.filled()[before..]);
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Io<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut parts = self.lock();
        parts.check()?;
        let Parts {
            stream, collected, ..
        } = &mut *parts;
        collected.poll_write(stream, cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut parts = self.lock();
        parts.check()?;
        let Parts {
            stream, collected, ..
        } = &mut *parts;
        ready!(collected.poll_flush(stream, cx))?;
        Pin::new(stream).poll_shutdown(cx)
    }
}
