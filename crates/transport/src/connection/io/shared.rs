use std::{
    io::{self, ErrorKind, IoSlice},
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{collect::Collected, preface::Preface, wire::Wire};

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
    wire: Arc<Wire>,
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
            wire: Arc::default(),
            failed: None,
            has_read: false,
            last_read: None,
        })))
    }

    /// How far the bytes have come.
    pub(in crate::connection) fn wire(&self) -> Arc<Wire> {
        self.lock().wire.clone()
    }

    /// Sends nothing any more: what was collected stays here.
    pub(in crate::connection) fn cut(&self) {
        self.lock().wire.cut();
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
        if parts.wire.is_cut() {
            return Poll::Ready(Ok(()));
        }
        let flushed = parts.send(|collected, stream| collected.poll_flush(stream, cx));
        flushed.map_err(|error| {
            parts.failed = Some(error);
            Failed
        })
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

    /// Writes, and tells the wire how far that came.
    fn send<T>(
        &mut self,
        write: impl FnOnce(&mut Collected, &mut S) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let written = write(&mut self.collected, &mut self.stream);
        let (taken, sent) = self.collected.counts();
        self.wire.publish(taken, sent);
        written.map_err(|error| self.wire.fail(error))
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
        let read = ready!(Pin::new(&mut parts.stream).poll_read(cx, buf));
        read.map_err(|error| parts.wire.fail(error))?;
        if buf.filled().len() == before {
            // No answer can come any more, so nothing is asked.
            parts.wire.cut();
        }
        parts.has_read = true;
        parts.wire.pulse().beat();
        if let Some(last_read) = &mut parts.last_read {
            *last_read = Instant::now();
        }
        let checked = parts.preface.check(&buf.filled()[before..]);
        Poll::Ready(checked.map_err(|error| parts.wire.fail(error)))
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
        if parts.wire.is_cut() {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        parts.send(|collected, stream| collected.poll_write(stream, cx, slices))
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
        if !parts.wire.is_cut() {
            ready!(parts.send(|collected, stream| collected.poll_flush(stream, cx)))?;
        }
        Pin::new(&mut parts.stream).poll_shutdown(cx)
    }
}
