//! The stream of bytes that hyper and the driver hold at the same time.
//!
//! hyper sees an ordinary `AsyncRead` and `AsyncWrite`. The driver decides when bytes really move:
//!
//! | | hyper | driver |
//! |---|---|---|
//! | read | gets what the walker leaves of it, while the gate is open | opens the gate once a turn |
//! | write | is always taken, up to a limit | flushes at the end of a turn |
//! | window of a stream | has its own, which is not told | has what was granted put between two frames |
//! | error | learns it at its next read or write | learns that there is one |
//!
//! One lock for both. It is never contended, because both are polled by the connection's task, and it is not held while
//! a call is told something.

use std::{
    io::{self, ErrorKind, IoSlice},
    mem::{self, MaybeUninit},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{
    ahead::Ahead,
    collect::Collected,
    outgoing::{Next, Outgoing, first, update, with_window},
    preface::Preface,
    streams::FrameLimits,
    walker::{News, Walker},
    watch::Reader,
    wire::Wire,
};

/// With less room than this, bytes are read into a buffer of our own, of this size: heads must be seen whole.
const ROOM: usize = 64;
/// How large that buffer is, in bytes; it stands on the stack.
const ASIDE: usize = 1024;

/// A stream that hyper reads and writes, and the driver flushes. Cloning is one reference count.
///
/// hyper's own flush does nothing: the driver flushes when all that could write has been polled.
#[derive(Debug)]
pub(in crate::connection) struct Io<S>(Arc<Mutex<Parts<S>>>);

#[derive(Debug)]
struct Parts<S> {
    /// What the bytes come from and go to: a socket, TLS over one, or a pipe of a test.
    stream: S,
    /// What was read of it, and hyper has not asked for yet.
    ahead: Ahead,
    /// Checks that what comes first is HTTP/2.
    preface: Preface,
    /// Finds the frames in what is read.
    walker: Walker,
    /// Whether hyper gets bytes when it asks.
    reads: Reads,
    /// Wakes whoever is to read, once there is something; without it, whoever asked to read.
    reader: Option<Waker>,
    /// Whether the stream had nothing more when it was read last, and is going to wake the reader.
    is_dry: bool,
    /// Whether hyper wanted to read while it was not to, and there may be something.
    is_missed: bool,
    /// `None` if h2's windows of streams are told.
    outgoing: Option<Outgoing>,
    /// What waits to be written.
    collected: Collected,
    /// How far the bytes have come, for those who ask from elsewhere.
    wire: Arc<Wire>,
    /// Why a flush of the driver failed, until hyper was told.
    failed: Option<io::Error>,
    /// How the stream has ended, until hyper was told.
    end: Option<io::Result<()>>,
    /// On whose streams more frames wait than are kept, until they were told.
    flooded: Vec<Arc<dyn Reader>>,
    /// When something was read last; `None` if nobody asks for the time.
    last_read: Option<Instant>,
}

/// Whether hyper may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum Reads {
    /// What there is.
    Open,
    /// What it writes was made before anything more is known of the server.
    Held,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> {
    /// Below a new connection; so many DATA frames of one stream may wait to be read.
    ///
    /// The windows of streams become as large as frames allow, up to this size in bytes; without it they are h2's.
    pub(in crate::connection) fn new(stream: S, frames: FrameLimits, window: Option<u32>) -> Self {
        Self(Arc::new(Mutex::new(Parts {
            stream,
            ahead: Ahead::default(),
            preface: Preface::default(),
            walker: Walker::default(),
            reads: Reads::Open,
            reader: None,
            is_dry: false,
            is_missed: false,
            outgoing: window.map(|_| Outgoing::new()),
            collected: Collected::default(),
            wire: Wire::new(frames, window),
            end: None,
            failed: None,
            flooded: Vec::new(),
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

    /// Writes what was collected, and what was granted. If that fails, hyper learns it at its next read or write.
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
        parts.tell_grants();
        let flushed = parts.send(|collected, stream| collected.poll_flush(stream, cx));
        flushed.map_err(|error| {
            parts.failed = Some(error);
            Failed
        })
    }

    /// Wakes this one from now on when there is something to read.
    pub(in crate::connection) fn wake(&self, reader: Waker) {
        let parts = &mut *self.lock();
        parts.wire.wake(reader.clone());
        parts.reader = Some(reader);
    }

    /// Before hyper's connection is polled: whether it may read.
    pub(in crate::connection) fn begin(&self, reads: Reads) {
        self.lock().reads = reads;
    }

    /// After it was polled: what that has brought.
    pub(in crate::connection) fn finish(&self) -> Polled {
        let parts = &mut *self.lock();
        // What h2 has seen: it asks for more once it has.
        let news = if parts.is_dry {
            parts.walker.take_news()
        } else {
            News::None
        };
        Polled {
            news,
            is_ending: parts.walker.news() == News::GoAway,
            is_flooded: !parts.flooded.is_empty(),
            unread: match (mem::take(&mut parts.is_missed), parts.is_dry) {
                (true, _) => Unread::Missed,
                (false, false) => Unread::Some,
                (false, true) => Unread::None,
            },
        }
    }

    /// Ends the calls on whose streams more frames wait than are kept.
    pub(in crate::connection) fn end_flooded(&self) {
        let (flooded, limit) = {
            let parts = &mut *self.lock();
            let limit = parts.wire.streams().limit();
            (mem::take(&mut parts.flooded), limit)
        };
        for reader in flooded {
            reader.flood(limit);
        }
    }

    /// A lock that a panic has poisoned is used all the same.
    fn lock(&self) -> MutexGuard<'_, Parts<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What polling hyper's connection has brought.
#[derive(Clone, Copy, Debug)]
pub(in crate::connection) struct Polled {
    /// What h2 knows by now, and hyper's client does not.
    pub(in crate::connection) news: News,
    /// GOAWAY was read, and h2 does not know of it yet.
    pub(in crate::connection) is_ending: bool,
    /// On some stream more frames wait than are kept.
    pub(in crate::connection) is_flooded: bool,
    /// Whether reading again may bring something.
    pub(in crate::connection) unread: Unread,
}

/// Whether there may be something to read of which nobody is going to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum Unread {
    /// The stream was empty when it was read last, and wakes the reader when it is not.
    None,
    /// The last read brought something, and nobody has tried again since.
    Some,
    /// And hyper wanted to read it, and was not let.
    Missed,
}

/// A flush failed; hyper is told why, once.
#[derive(Debug)]
pub(in crate::connection) struct Failed;

impl<S> Parts<S> {
    /// Tells hyper, once, why a flush failed that it knows nothing of.
    fn check(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Tells what was granted, if there is something.
    ///
    /// Asked at each write and each flush, so it is one load where there is nothing.
    #[inline]
    fn tell_grants(&mut self) {
        if self.wire.has_grants() {
            self.put_grants();
        }
    }

    /// Puts what was granted behind what was collected, if a frame can stand there.
    #[cold]
    fn put_grants(&mut self) {
        let Some(opened) = self.outgoing.as_ref().and_then(Outgoing::opened) else {
            return;
        };
        let streams = &mut *self.wire.streams();
        while let Some(grant) = streams.next_grant(opened) {
            self.collected.put(&update(grant));
        }
        self.wire.note_grants(streams);
    }

    /// Takes what h2 writes, but for what is ours to tell. What is left out counts as taken.
    ///
    /// What was granted goes first, if h2 has ended its last frame.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>
    where
        S: AsyncWrite + Unpin,
    {
        // Where h2 writes without end, between its frames is the only place.
        self.tell_grants();
        let next = self.outgoing.as_ref().map(|walk| walk.next(slices));
        let piece;
        let passed = match next {
            Some(Next::Omit(count)) => return Poll::Ready(Ok(count)),
            Some(Next::Settings(count)) => {
                self.collected.put(&with_window(&first(count, slices)));
                return Poll::Ready(Ok(count));
            }
            Some(Next::First(count)) => {
                piece = [first(count, slices)];
                &piece[..]
            }
            Some(Next::All(..)) | None => slices,
        };
        let count =
            ready!(self.send(|collected, stream| collected.poll_write(stream, cx, passed)))?;
        if let Some(walk) = &mut self.outgoing {
            match next {
                Some(Next::All(all, after)) if all == count => *walk = after,
                _ => walk.passed(passed, count),
            }
        }
        Poll::Ready(Ok(count))
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

impl<S: AsyncRead + Unpin> Parts<S> {
    /// Reads for hyper, if the gate is open.
    ///
    /// Behind a closed gate it notes that hyper has asked: the driver opens it in the next turn.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.reads == Reads::Held {
            self.is_missed |= !self.is_dry;
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let reader = self.reader.take();
        let polled = match &reader {
            Some(reader) => self.poll_frames(&mut Context::from_waker(reader), buf),
            None => self.poll_frames(cx, buf),
        };
        self.reader = reader;
        ready!(polled).map_err(|error| self.wire.fail(error))?;
        if buf.filled().len() == before {
            // No answer can come any more, so nothing is asked.
            self.wire.cut();
        }
        Poll::Ready(Ok(()))
    }

    /// Gives what there is, less what the walker leaves out. Nothing at all is the end.
    fn poll_frames(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.wire.take_asked() {
                self.walker.ask(&mut *self.wire.streams());
            }
            if self.walker.give(buf) {
                // hyper asks again.
                self.is_dry = false;
                return Poll::Ready(Ok(()));
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(end);
            }
            if ready!(self.poll_stream(cx, buf)) > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Reads once; tells how many bytes of it are in the buffer. What has no place there is to be given.
    fn poll_stream(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<usize> {
        if buf.remaining() >= ROOM {
            return self.poll_into(cx, buf);
        }
        let mut aside = [MaybeUninit::uninit(); ASIDE];
        self.walker.go_aside();
        self.poll_into(cx, &mut ReadBuf::uninit(&mut aside))
    }

    /// Reads behind what was held back of a head, and lets the walker go over both.
    fn poll_into(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<usize> {
        let start = buf.filled().len();
        buf.put_slice(self.walker.held());
        let before = buf.filled().len();
        let more = self.walker.expects_more();
        let polled = self.ahead.poll_read(&mut self.stream, cx, buf, more);
        self.is_dry = polled.is_pending();
        let end = match polled {
            Poll::Pending => {
                buf.set_filled(start);
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                self.note_read();
                self.preface.check(&buf.filled()[before..]).err().map(Err)
            }
            Poll::Ready(end) => Some(end),
        };
        let streams = &mut *self.wire.streams();
        let mut kept = 0;
        if let Some(end) = end {
            self.walker.end(streams);
            self.end = Some(end);
        } else {
            kept = self.walker.walk(&mut buf.filled_mut()[start..], streams);
            self.wire.note_grants(streams);
            for (stream, reader) in streams.flooded() {
                self.walker.refuse(stream);
                self.flooded.push(reader);
            }
        }
        buf.set_filled(start + kept);
        Poll::Ready(kept)
    }

    /// The connection is alive.
    fn note_read(&mut self) {
        self.wire.pulse().beat();
        if let Some(last_read) = &mut self.last_read {
            *last_read = Instant::now();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let parts = &mut *self.lock();
        parts.check()?;
        parts.poll_read(cx, buf)
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
        parts.poll_write(cx, slices)
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
