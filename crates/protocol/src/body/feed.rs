//! A body that is written into from outside.

use std::{
    error::Error,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http_body::Frame;

use crate::{BoxError, Status, frame::Encoder};

/// So much may wait for the transport before the next message does.
const CAPACITY: usize = 16 * 1024;

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
/// Not to be shared: one task writes.
pub struct Feed(Arc<Shared>);

/// Sees how a request's body fares, from the side that reads the answer.
#[derive(Clone)]
pub struct Watch(Arc<Shared>);

/// The body's side.
pub(super) struct Fed(Arc<Shared>);

struct Shared(Mutex<State>);

struct State {
    buffer: BytesMut,
    phase: Phase,
    /// The transport has begun to read: the call is under way.
    started: bool,
    /// The transport dropped the body: nothing will be read any more.
    closed: bool,
    cause: Option<Status>,
    encoder: Encoder,
    reader: Option<Waker>,
    writer: Option<Waker>,
    watcher: Option<Waker>,
    transport: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Ended,
    Abandoned(Abandoned),
}

pub(super) fn pair() -> (Feed, Fed) {
    let shared = Shared::new();
    (Feed(Arc::clone(&shared)), Fed(shared))
}

impl Feed {
    /// Waits until a message may be written: less than 16 KiB wait for the transport.
    ///
    /// `false` says that the call is over and nothing is sent any more.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.0.lock();
        if state.closed || state.phase != Phase::Open {
            return Poll::Ready(false);
        }
        if state.buffer.len() < CAPACITY {
            return Poll::Ready(true);
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the call is over and nothing is sent any more.
    pub fn is_over(&self) -> bool {
        let state = self.0.lock();
        state.closed || matches!(state.phase, Phase::Abandoned(_))
    }

    /// Appends what `write` writes, and wakes the transport.
    ///
    /// What it writes must be whole frames, or nothing on failure.
    ///
    /// # Errors
    ///
    /// Those of `write`.
    pub fn write<E>(&self, write: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Result<(), E> {
        let written = self.append(write);
        self.flush();
        written
    }

    /// [`write`](Self::write) without waking the transport: [`flush`](Self::flush) follows.
    ///
    /// # Errors
    ///
    /// Those of `write`.
    pub fn append<E>(&self, write: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Result<(), E> {
        // The lock is not held while a message is encoded: the transport may look in between.
        let mut buffer = mem::take(&mut self.0.lock().buffer);
        let written = write(&mut buffer);
        let mut state = self.0.lock();
        if state.phase == Phase::Open {
            state.buffer = buffer;
        }
        written
    }

    /// Wakes the transport if something waits for it.
    pub fn flush(&self) {
        let mut state = self.0.lock();
        let waits = !state.buffer.is_empty();
        let reader = state.reader.take_if(|_| waits);
        drop(state);
        wake([reader]);
    }

    /// What the call's messages are to be written with.
    pub fn encoder(&self) -> Encoder {
        self.0.lock().encoder.clone()
    }

    /// Ends the request: END_STREAM rides on what still waits, or on an empty frame.
    pub fn end(&self) {
        let mut state = self.0.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Ended;
        }
        let reader = state.reader.take();
        drop(state);
        wake([reader]);
    }

    /// Gives the request up: the stream is reset with CANCEL, and the call ends with `cause`.
    pub fn abandon(&self, cause: Status) {
        self.0.abandon(Abandoned::Cancelled, Some(cause));
    }

    /// Watches this body from the side of the answer.
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.0))
    }
}

impl Watch {
    pub(super) fn new() -> Self {
        Self(Shared::new())
    }

    pub(super) fn start(&self) {
        self.0.start();
    }

    /// Waits until the transport begins to read the body: the call is under way.
    ///
    /// A call that fails before is never under way: poll its answer too.
    pub fn poll_started(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.started {
            return Poll::Ready(());
        }
        state.watcher = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Waits until the sender gives the request up, and tells why.
    pub fn poll_abandoned(&self, cx: &mut Context<'_>) -> Poll<Status> {
        let mut state = self.0.lock();
        if let Some(cause) = state.cause.clone() {
            return Poll::Ready(cause);
        }
        state.watcher = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Sets what the call's messages are to be written with: no limit and no compression before.
    pub fn set_encoder(&self, encoder: Encoder) {
        self.0.lock().encoder = encoder;
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
    pub(super) fn on_abandon(&mut self, waker: &Waker) {
        self.0.lock().transport = Some(waker.clone());
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.start();
        let mut state = self.0.lock();
        let full = state.buffer.len() >= CAPACITY;
        let writer = state.writer.take_if(|_| full);
        let polled = match state.phase {
            Phase::Abandoned(abandoned) => Poll::Ready(Some(Err(abandoned.into()))),
            _ if !state.buffer.is_empty() => {
                let data = state.buffer.split().freeze();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Phase::Ended => Poll::Ready(None),
            Phase::Open => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        };
        drop(state);
        wake([writer]);
        polled
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let state = self.0.lock();
        state.started && state.phase == Phase::Ended && state.buffer.is_empty()
    }
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            buffer: BytesMut::new(),
            phase: Phase::Open,
            started: false,
            closed: false,
            cause: None,
            encoder: Encoder::default(),
            reader: None,
            writer: None,
            watcher: None,
            transport: None,
        })))
    }

    fn start(&self) {
        let mut state = self.lock();
        if !mem::replace(&mut state.started, true) {
            let watcher = state.watcher.take();
            drop(state);
            wake([watcher]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first reason stands.
    fn abandon(&self, why: Abandoned, cause: Option<Status>) {
        let mut state = self.lock();
        if state.closed || matches!(state.phase, Phase::Abandoned(_)) {
            return;
        }
        state.phase = Phase::Abandoned(why);
        state.cause = cause;
        state.buffer = BytesMut::new();
        let wakers = [
            state.reader.take(),
            state.writer.take(),
            state.watcher.take(),
            state.transport.take(),
        ];
        drop(state);
        wake(wakers);
    }
}

/// Wakes outside of the lock: a waker may poll at once.
fn wake<const N: usize>(wakers: [Option<Waker>; N]) {
    wakers.into_iter().flatten().for_each(Waker::wake);
}

impl Drop for Feed {
    fn drop(&mut self) {
        if self.0.lock().phase == Phase::Open {
            let text = "the sender was dropped before the end of the request";
            self.abandon(Status::local(crate::Code::Cancelled, text));
        }
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.buffer = BytesMut::new();
        state.transport = None;
        let writer = state.writer.take();
        drop(state);
        wake([writer]);
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
