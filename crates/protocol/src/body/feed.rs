//! A body that is written into from outside.

use std::{
    error::Error,
    fmt, mem,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http_body::Frame;

use crate::{BoxError, Status, frame::Encoder};

/// So much may wait for the transport before the next message does.
const CAPACITY: usize = 16 * 1024;

/// A feed whose chunk was longer does not keep its memory: one large message is not paid for as long as the call lives.
const KEPT: usize = 4 * CAPACITY;

/// Why a request body ended before its end: the reset the stream gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Abandoned {
    /// The caller gave the call up: CANCEL (B-23).
    Cancelled,
    /// The server ended the call first, and the rest is of no use: NO_ERROR.
    Over,
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the request was cancelled before its end",
            Self::Over => "the server ended the call before the request's end",
        })
    }
}

impl Error for Abandoned {}

/// Writes a body from outside; dropped before [`end`](Self::end), it cancels the call.
///
/// Messages are written into a chunk of its own, without a lock, and handed to the transport together.
pub struct Feed {
    shared: Arc<Shared>,
    /// What was written and not handed over.
    chunk: BytesMut,
    /// So many bytes the chunk may have before the transport is looked at again.
    room: usize,
}

/// Sees how a request's body fares, from the side that reads the answer.
#[derive(Clone)]
pub struct Watch(Arc<Shared>);

/// The body's side.
pub(super) struct Fed(Arc<Shared>);

/// What the three sides of a body share: who writes, who reads, and who reads the answer.
struct Shared {
    /// Locked for moments, by whichever side does something.
    state: Mutex<State>,
    /// Set before the call begins.
    encoder: OnceLock<Encoder>,
}

/// How far a body has come.
struct State {
    /// What was handed over and waits for the transport.
    waiting: BytesMut,
    /// Whether more may be written.
    phase: Phase,
    /// The transport has begun to read: the call is under way.
    started: bool,
    /// The transport dropped the body: nothing will be read any more.
    closed: bool,
    /// Why the sender gave it up, for who reads the answer.
    cause: Option<Status>,
    /// Wakes the transport that waits for data.
    reader: Option<Waker>,
    /// Wakes the sender that waits for room.
    writer: Option<Waker>,
    /// Wakes who reads the answer and waits for the start, or for the call to be given up.
    watcher: Option<Waker>,
    /// Wakes the transport when the request is given up, also while it does not read.
    transport: Option<Waker>,
}

/// Whether more may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It may.
    Open,
    /// All was written, though perhaps not read.
    Ended,
    /// It was given up: what waits is dropped, and the next read fails.
    Abandoned(Abandoned),
}

impl State {
    /// The transport reads: the call is under way. Gives whom the first time is to wake.
    fn start(&mut self) -> Option<Waker> {
        if mem::replace(&mut self.started, true) {
            return None;
        }
        self.watcher.take()
    }

    /// Moves a chunk here; unless it is large, its memory is written to again when the transport is done with it.
    fn take_in(&mut self, chunk: &mut BytesMut) {
        let chunk = if chunk.len() > KEPT {
            mem::take(chunk)
        } else {
            chunk.split()
        };
        if self.phase == Phase::Open {
            self.waiting.unsplit(chunk);
        }
    }
}

/// A body that is empty and open, and who writes into it.
pub(super) fn pair() -> (Feed, Fed) {
    let shared = Shared::new();
    let feed = Feed {
        shared: Arc::clone(&shared),
        chunk: BytesMut::new(),
        room: 0,
    };
    (feed, Fed(shared))
}

impl Feed {
    /// Waits until a message may be written: less than 16 KiB wait for the transport.
    ///
    /// `false` says that the call is over and nothing is sent any more. A chunk that has grown that
    /// long is handed over.
    #[inline]
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.chunk.len() < self.room {
            return Poll::Ready(true);
        }
        self.poll_room(cx)
    }

    /// Looks at the transport, which is done once for each chunk.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.flush();
        let mut state = self.shared.lock();
        if state.closed || state.phase != Phase::Open {
            return Poll::Ready(false);
        }
        self.room = CAPACITY.saturating_sub(state.waiting.len());
        if self.room > 0 {
            return Poll::Ready(true);
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the call is over and nothing is sent any more.
    pub fn is_over(&self) -> bool {
        let state = self.shared.lock();
        state.closed || matches!(state.phase, Phase::Abandoned(_))
    }

    /// Appends what `write` writes with the call's encoder, and hands it to the transport.
    ///
    /// What it had written when it fails, or panics, is taken back.
    ///
    /// # Errors
    ///
    /// Those of `write`.
    pub fn write<E>(
        &mut self,
        write: impl FnOnce(&Encoder, &mut BytesMut) -> Result<(), E>,
    ) -> Result<(), E> {
        let encoder = self.shared.encoder.get_or_init(Encoder::default);
        let mut whole = Whole::of(&mut self.chunk);
        write(encoder, whole.chunk)?;
        whole.keep();
        drop(whole);
        self.flush();
        Ok(())
    }

    /// Appends what `write` writes, again and again, until it breaks off or there is no [room](Self::poll_ready).
    ///
    /// Many small messages so cost one look at the call each 16 KiB. What `write` had written when it breaks off, or
    /// panics, is taken back, what it wrote before is not. [`flush`](Self::flush) follows.
    #[inline]
    pub fn fill<B>(
        &mut self,
        mut write: impl FnMut(&Encoder, &mut BytesMut) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let encoder = self.shared.encoder.get_or_init(Encoder::default);
        let mut whole = Whole::of(&mut self.chunk);
        while whole.length < self.room {
            write(encoder, whole.chunk)?;
            whole.keep();
        }
        ControlFlow::Continue(())
    }

    /// Hands over what was written, and wakes the transport if it waits for something.
    pub fn flush(&mut self) {
        self.room = 0;
        if !self.chunk.is_empty() {
            let mut state = self.shared.lock();
            state.take_in(&mut self.chunk);
            let reader = state.reader.take();
            drop(state);
            wake(reader);
        }
    }

    /// Ends the request: END_STREAM rides on what still waits, or on an empty frame.
    pub fn end(&mut self) {
        let mut state = self.shared.lock();
        state.take_in(&mut self.chunk);
        if state.phase == Phase::Open {
            state.phase = Phase::Ended;
        }
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// Gives the request up: the stream is reset with CANCEL, and the call ends with `cause`.
    pub fn abandon(&self, cause: Status) {
        self.shared.abandon(Abandoned::Cancelled, Some(cause));
    }

    /// Watches this body from the side of the answer.
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.shared))
    }
}

/// Cuts a chunk back to its whole messages when it is dropped.
struct Whole<'a> {
    /// What is written into.
    chunk: &'a mut BytesMut,
    /// How much of it is whole messages.
    length: usize,
}

impl<'a> Whole<'a> {
    /// All that is in it now is whole messages.
    fn of(chunk: &'a mut BytesMut) -> Self {
        let length = chunk.len();
        Self { chunk, length }
    }

    /// What was written by now is whole messages.
    fn keep(&mut self) {
        self.length = self.chunk.len();
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        self.chunk.truncate(self.length);
    }
}

impl Watch {
    /// Of a body that nobody feeds: that it is under way is seen all the same.
    pub(super) fn new() -> Self {
        Self(Shared::new())
    }

    /// The transport has begun to read.
    pub(super) fn start(&self) {
        wake(self.0.lock().start());
    }

    /// Waits until the transport begins to read the body: the call is under way.
    ///
    /// A call that fails before is never under way: poll its answer too.
    pub fn poll_started(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.started {
            return Poll::Ready(());
        }
        leave(&mut state.watcher, cx);
        Poll::Pending
    }

    /// Waits until the sender gives the request up, and tells why.
    pub fn poll_abandoned(&self, cx: &mut Context<'_>) -> Poll<Status> {
        let mut state = self.0.lock();
        if let Some(cause) = state.cause.clone() {
            return Poll::Ready(cause);
        }
        leave(&mut state.watcher, cx);
        Poll::Pending
    }

    /// Sets what the call's messages are written with; the first one stands.
    ///
    /// A message that is written before has no limit and is not compressed, and so are those after it.
    pub fn set_encoder(&self, encoder: Encoder) {
        self.0.encoder.get_or_init(|| encoder);
    }

    /// Gives the request up: the stream is reset with CANCEL; nothing if it was sent to its end.
    pub fn cancel(&self) {
        self.0.abandon(Abandoned::Cancelled, None);
    }

    /// Stops the request, since the answer has ended; nothing if it was sent to its end.
    pub fn stop(&self) {
        self.0.abandon(Abandoned::Over, None);
    }
}

impl Fed {
    /// Wakes this one when the request is given up: a transport that waits for flow control does not poll the body (L-21).
    pub(super) fn on_abandon(&mut self, waker: &Waker) {
        self.0.lock().transport = Some(waker.clone());
    }

    /// Gives all that waits as one frame; an end or a failure comes behind it.
    #[inline(never)] // out of the way of a body that is one message
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut state = self.0.lock();
        let watcher = state.start();
        let full = state.waiting.len() >= CAPACITY;
        let writer = state.writer.take_if(|_| full);
        let polled = match state.phase {
            Phase::Abandoned(abandoned) => Poll::Ready(Some(Err(abandoned.into()))),
            _ if !state.waiting.is_empty() => {
                let data = mem::take(&mut state.waiting).freeze();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Phase::Ended => Poll::Ready(None),
            Phase::Open => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        };
        drop(state);
        wake(watcher);
        wake(writer);
        polled
    }

    /// Whether nothing follows. Not before the start: a transport must poll once, so that the call is known to be under way.
    pub(super) fn is_end_stream(&self) -> bool {
        let state = self.0.lock();
        state.started && state.phase == Phase::Ended && state.waiting.is_empty()
    }
}

impl Shared {
    /// Of an open body of which nothing was written or read.
    fn new() -> Arc<Self> {
        let state = State {
            waiting: BytesMut::new(),
            phase: Phase::Open,
            started: false,
            closed: false,
            cause: None,
            reader: None,
            writer: None,
            watcher: None,
            transport: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            encoder: OnceLock::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first reason stands.
    fn abandon(&self, why: Abandoned, cause: Option<Status>) {
        let mut state = self.lock();
        if state.closed || matches!(state.phase, Phase::Abandoned(_)) {
            return;
        }
        state.phase = Phase::Abandoned(why);
        state.cause = cause;
        state.waiting = BytesMut::new();
        let wakers = [
            state.reader.take(),
            state.writer.take(),
            state.watcher.take(),
            state.transport.take(),
        ];
        drop(state);
        wakers.into_iter().for_each(wake);
    }
}

/// Leaves the waker of who waits, which is mostly there already: a stream is watched for as long as it is read.
fn leave(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

/// Wakes who waits; outside of the lock, for a waker may poll at once.
fn wake(waiting: Option<Waker>) {
    if let Some(waker) = waiting {
        waker.wake();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if self.shared.lock().phase == Phase::Open {
            let text = "the sender was dropped before the end of the request";
            self.abandon(Status::local(crate::Code::Cancelled, text));
        }
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.waiting = BytesMut::new();
        state.transport = None;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
