//! What the two halves of a call share, wherever each of them is polled.
//!
//! A call is polled in two places: its request body and the futures of hyper on the task of the connection, its
//! response on whatever task the caller has. [`Call`] is what they have in common, one `Arc` for each call. It says
//!
//! - whether the call was **given up**, by whom, and who must hear of it,
//! - how far the wire had come when the request **began**, so that a lost call may be proven unsent (C-30),
//! - how many DATA frames its reader **took**, which the io below hyper compares with how many came.
//!
//! Errors of a call are made here too: what this side knows of its end goes before what hyper says.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::{
    after_response::AfterResponse,
    io::{self, Reader as _, STEP, Wire},
    peer::{Reader, Route},
};
use crate::Error;

/// One call, as far as its halves share it: whether it was given up, and the response that must go when it was.
///
/// hyper does not poll a request body while a chunk of it waits for flow control, and then neither failing the body nor
/// dropping the response resets the stream (L-21). h2 resets it with CANCEL once nothing refers to it any more. So a
/// call that is given up wakes the driver, which drops the futures that carry the request and await the response,
/// and drops the response here, whoever holds the handle to it.
///
/// ```text
/// response future dropped ┐               ┌ response dropped
/// response body dropped   ├─► given up ─►─┼ driver drops the request's future ─► RST_STREAM(CANCEL)
/// sender wakes the signal ┘               └ driver drops the response's future
/// ```
///
/// The first of the three also happens to a request that is to [stop](AfterResponse::Stop) with its response.
///
/// As a `Waker`, it gives the call up.
pub(super) struct Call {
    /// What is to become of the request once the response is complete.
    after_response: AfterResponse,
    /// Set once, by whoever comes first.
    given_up: AtomicBool,
    /// It was given up because its request body has a bug.
    panicked: AtomicBool,
    /// The response is complete, and the request stops with it.
    stopped: AtomicBool,
    /// How many bytes the connection had taken when the request began.
    began: AtomicU64,
    /// Wakes the driver for the future that carries the request body.
    request: AtomicWaker,
    /// Wakes the driver for the future that awaits the response; after the headers, the reader of the body.
    response: AtomicWaker,
    /// How many DATA frames were taken from the response body, in units of [`FRAME`]; and the bit [`KEPT_BACK`].
    taken: AtomicU32,
    /// Woken for what is kept back, once something was.
    asks: OnceLock<Waker>,
    /// How many bytes need no window any more: those that were taken, and padding. The reader adds to it, and the driver.
    given_back: AtomicU64,
    /// The id of its stream, once it has begun. Zero before, which no stream has.
    ///
    /// It is as the [table](super::io) counts; hyper tells it to nobody.
    stream: AtomicU32,
    /// Stands for its method.
    method: u32,
    /// How many of them were waiting when the call was ended for it; zero if it was not.
    flooded: AtomicU32,
    /// The response, from its headers until it is read or given up.
    incoming: Mutex<Option<Open>>,
}

/// What a frame adds to those that were taken; so that they are counted modulo 2^31.
const FRAME: u32 = 2;
/// Some of the response is kept back until its reader asks for it.
const KEPT_BACK: u32 = 1;

/// No position of a wire.
const NOT_BEGUN: u64 = u64::MAX;

/// A response body that is being read.
struct Open {
    /// What hyper gives.
    incoming: Incoming,
    /// Says to the connection, as long as it is there, that somebody reads.
    _reader: Reader,
}

/// A part of a call that ends early when the call does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// The future that carries the request body.
    Request,
    /// The future that awaits the headers.
    Response,
}

impl Call {
    /// The number stands for its method, whose responses are taken to be alike.
    pub(super) fn new(after_response: AfterResponse, method: u32) -> Arc<Self> {
        Arc::new(Self {
            after_response,
            given_up: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            began: AtomicU64::new(NOT_BEGUN),
            request: AtomicWaker::new(),
            response: AtomicWaker::new(),
            taken: AtomicU32::new(0),
            asks: OnceLock::new(),
            given_back: AtomicU64::new(0),
            stream: AtomicU32::new(0),
            method,
            flooded: AtomicU32::new(0),
            incoming: Mutex::new(None),
        })
    }

    /// Notes how far the wire had come before the request, and which stream it gets. The first time counts.
    pub(super) fn begin(self: &Arc<Self>, wire: &Wire) {
        if self.began.load(Ordering::Acquire) == NOT_BEGUN {
            self.began.store(wire.taken(), Ordering::Release);
            self.stream
                .store(wire.open(self.clone()), Ordering::Release);
        }
    }

    /// Whether provably not a byte of the request has left, nor ever will (C-30).
    pub(super) fn never_left(&self, wire: &Wire) -> bool {
        match self.began.load(Ordering::Acquire) {
            NOT_BEGUN => false,
            began => wire.never_carries(began),
        }
    }

    /// Whether it was given up, by one of its halves or by the connection.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Ends the call wherever it stands. Does nothing to a call that is over.
    pub(super) fn give_up(&self) {
        if self.given_up.swap(true, Ordering::SeqCst) {
            return;
        }
        self.close();
        self.request.wake();
        self.response.wake();
        // What is kept back goes the way of the rest.
        self.ask();
    }

    /// Gives the call up because its request body has panicked.
    pub(super) fn panic(&self) {
        self.panicked.store(true, Ordering::Release);
        self.give_up();
    }

    /// Whether its request body has panicked, which is told instead of what came of it.
    pub(super) fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Acquire)
    }

    /// Whether it was ended since its reader was too far behind.
    fn is_flooded(&self) -> bool {
        self.flooded.load(Ordering::Acquire) > 0
    }

    /// Whether the request has stopped with its response, so that its end is no failure.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Ends the response, and with it a request that is to stop (A-85).
    pub(super) fn complete(&self) {
        self.close();
        if let AfterResponse::Stop = self.after_response {
            self.stopped.store(true, Ordering::Release);
            self.request.wake();
        }
    }

    /// Whether nothing is to become of a part any more.
    pub(super) fn is_over(&self, part: Part) -> bool {
        match part {
            Part::Request => self.is_given_up() || self.is_stopped(),
            Part::Response => self.is_given_up(),
        }
    }

    /// Registers who is to be woken when a part is over.
    pub(super) fn register(&self, part: Part, cx: &Context<'_>) {
        match part {
            Part::Request => self.request.register(cx.waker()),
            Part::Response => self.response.register(cx.waker()),
        }
    }

    /// Keeps the response body, unless the call was given up while its headers were on their way.
    pub(super) fn open(&self, incoming: Incoming, reader: Reader) {
        let mut slot = self.lock();
        // Under the lock: whoever gives up after this check finds the body in the slot.
        if !self.is_given_up() {
            *slot = Some(Open {
                incoming,
                _reader: reader,
            });
        }
    }

    /// Drops the response body; what of it was not read is lost.
    fn close(&self) {
        let open = self.lock().take();
        drop(open);
    }

    /// Reads the response body; the error is `None` if the call was given up.
    pub(super) fn poll_frame(
        &self,
        cx: &mut Context<'_>,
        wire: &Wire,
    ) -> Poll<Option<Result<Frame<Bytes>, Option<hyper::Error>>>> {
        let polled = self.poll_open(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.taken.fetch_add(FRAME, Ordering::AcqRel);
                    if self.give_back(data.len()) {
                        wire.grant(self.stream.load(Ordering::Acquire));
                    }
                }
            }
            Poll::Pending => self.ask(),
            Poll::Ready(_) => {}
        }
        polled
    }

    /// Reads hyper's body, or finds that there is none any more.
    ///
    /// The waker is registered before the last look: whoever gives the call up meanwhile wakes it or is seen.
    fn poll_open(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Option<hyper::Error>>>> {
        let polled = match &mut *self.lock() {
            Some(Open { incoming, .. }) => Pin::new(incoming).poll_frame(cx).map_err(Some),
            None => Poll::Ready(Some(Err(None))),
        };
        if polled.is_pending() {
            self.register(Part::Response, cx);
            // Whoever gave it up before that has woken nobody.
            if self.is_given_up() {
                return Poll::Ready(Some(Err(None)));
            }
        }
        polled
    }

    /// Asks for what is kept back, if something is.
    fn ask(&self) {
        if self.taken.load(Ordering::SeqCst) & KEPT_BACK != 0
            && let Some(asks) = self.asks.get()
        {
            asks.wake_by_ref();
        }
    }

    /// Whether nothing of the response body is left to read.
    pub(super) fn is_end_stream(&self) -> bool {
        self.lock()
            .as_ref()
            .is_some_and(|open| open.incoming.is_end_stream())
    }

    /// How many bytes are left of the response, as far as hyper knows.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.lock()
            .as_ref()
            .map_or_else(SizeHint::default, |open| open.incoming.size_hint())
    }

    /// Locks the response. Both halves of a call may, and neither waits while it has it.
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of the call, from what hyper says of it if it says something; what is known here comes first.
    pub(super) fn error(&self, route: &Route, error: Option<hyper::Error>) -> Error {
        if let Some(why) = route.ended() {
            return why;
        }
        let target = &route.target;
        match error {
            _ if self.has_panicked() => Error::panicked(target),
            _ if self.is_flooded() => Error::flooded(target, self.flooded.load(Ordering::Acquire)),
            Some(error) if !self.is_given_up() => Error::call(target, error, route.wire.cause()),
            _ => Error::given_up(target),
        }
    }
}

impl io::Reader for Call {
    fn taken(&self) -> u32 {
        self.taken.load(Ordering::Acquire) / FRAME
    }

    // The frame that made it is not taken yet: whoever takes it, and finds nothing behind it, sees the bit.
    fn keep_back(&self, asks: &Waker) {
        self.asks.get_or_init(|| asks.clone());
        self.taken.fetch_or(KEPT_BACK, Ordering::SeqCst);
        if self.given_up.load(Ordering::SeqCst) {
            asks.wake_by_ref();
        }
    }

    fn given_back(&self) -> u64 {
        self.given_back.load(Ordering::Relaxed)
    }

    fn give_back(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let before = self.given_back.fetch_add(bytes, Ordering::Relaxed);
        before / STEP < (before + bytes) / STEP
    }

    fn method(&self) -> u32 {
        self.method
    }

    fn go_on(&self) {
        self.taken.fetch_and(!KEPT_BACK, Ordering::AcqRel);
    }

    fn is_gone(&self) -> bool {
        self.is_given_up()
    }

    fn flood(&self, limit: u32) {
        self.flooded.store(limit, Ordering::Release);
        self.give_up();
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.give_up();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.give_up();
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("is_given_up", &self.is_given_up())
            .finish_non_exhaustive()
    }
}
