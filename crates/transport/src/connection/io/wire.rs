//! What calls may ask of the bytes below their connection, and what the io notes for them.
//!
//! Counters, not locks: a call asks only when it failed.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Wake, Waker},
};

use super::{
    governor::Governor,
    streams::{FrameLimits, Streams},
    watch::Reader,
};
use crate::{connection::pulse::Pulse, error::share};

/// How far the bytes of a connection have come, whose streams they are for, and what cut it: kept by the
/// [`Io`](super::Io), asked by calls.
///
/// A call is provably unsent if the wire was cut before the stream accepted a byte that is younger than the call
/// (C-30). Once it is cut nothing is sent any more, and hyper hears of the cut only after it: so whoever sees
/// a call fail by it sees the last word.
#[derive(Debug)]
pub(in crate::connection) struct Wire {
    /// How many bytes hyper has written.
    taken: AtomicU64,
    /// How many of them the stream has accepted.
    sent: AtomicU64,
    /// Nothing is sent any more, whatever hyper writes.
    is_cut: AtomicBool,
    pulse: Pulse,
    cause: OnceLock<Arc<io::Error>>,
    /// Whose frames come; locked by the connection's task, and by a reader that has given much back.
    streams: Mutex<Streams>,
    asks: Arc<Asks>,
    /// Whether something was granted that the server was not told yet.
    has_grants: AtomicBool,
}

/// Readers that are behind, and ask for what is kept back.
#[derive(Debug, Default)]
struct Asks {
    are_there: AtomicBool,
    /// Wakes the driver to read.
    reader: OnceLock<Waker>,
}

impl Wake for Asks {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.are_there.store(true, Ordering::Release);
        if let Some(reader) = self.reader.get() {
            reader.wake_by_ref();
        }
    }
}

#[cfg(test)]
impl Wire {
    /// A wire on which any number of frames may wait.
    pub(in crate::connection) fn unbounded() -> Arc<Self> {
        Self::new(FrameLimits::ANY, None)
    }
}

impl Wire {
    /// The wire of a new connection, on which so many DATA frames of one stream may wait to be read.
    ///
    /// The windows of streams are decided here, up to this size in bytes, or by h2.
    pub(super) fn new(frames: FrameLimits, window: Option<u32>) -> Arc<Self> {
        let asks = Arc::<Asks>::default();
        Arc::new(Self {
            taken: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            is_cut: AtomicBool::new(false),
            pulse: Pulse::default(),
            cause: OnceLock::new(),
            streams: Mutex::new(Streams::new(
                frames,
                window.map(Governor::new),
                asks.clone().into(),
            )),
            asks,
            has_grants: AtomicBool::new(false),
        })
    }

    /// Notes who reads the next stream, and tells its id.
    pub(in crate::connection) fn open(&self, reader: Arc<dyn Reader>) -> u32 {
        let streams = &mut *self.streams();
        let stream = streams.open(reader);
        self.note_grants(streams);
        stream
    }

    /// Grants a stream more, if it is time to; the driver is woken to tell it.
    ///
    /// Called by readers, on their own tasks, after each few kilobytes. The lock is held for the arithmetic alone.
    pub(in crate::connection) fn grant(&self, stream: u32) {
        let is_granted = {
            let streams = &mut *self.streams();
            let is_granted = streams.grant(stream);
            self.note_grants(streams);
            is_granted
        };
        if is_granted && let Some(driver) = self.asks.reader.get() {
            driver.wake_by_ref();
        }
    }

    /// Notes whether there is something to tell, so that nobody need lock the table to see that there is not.
    ///
    /// Called while the table is locked, after whatever may have granted something.
    pub(super) fn note_grants(&self, streams: &Streams) {
        self.has_grants
            .store(streams.has_grants(), Ordering::Release);
    }

    /// Whether something was granted that the server was not told yet.
    #[inline]
    pub(super) fn has_grants(&self) -> bool {
        self.has_grants.load(Ordering::Acquire)
    }

    /// The table of streams.
    pub(super) fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is woken when a reader asks for what is kept back.
    pub(super) fn wake(&self, reader: Waker) {
        // Set before, by the same driver.
        let _ = self.asks.reader.set(reader);
    }

    /// Whether a reader has asked for what is kept back; tells it once.
    #[inline]
    pub(super) fn take_asked(&self) -> bool {
        let are_there = &self.asks.are_there;
        are_there.load(Ordering::Relaxed) && are_there.swap(false, Ordering::AcqRel)
    }

    /// How many bytes hyper has written until now.
    pub(in crate::connection) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Acquire)
    }

    /// Whether nothing that hyper wrote after its first `taken` bytes was sent, nor ever will be.
    pub(in crate::connection) fn never_carries(&self, taken: u64) -> bool {
        self.is_cut() && self.sent.load(Ordering::Acquire) <= taken
    }

    /// The first error of the stream; hyper keeps no more than its text.
    pub(in crate::connection) fn cause(&self) -> Option<Arc<io::Error>> {
        self.cause.get().cloned()
    }

    /// Its signs of life.
    pub(in crate::connection) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Notes how far the bytes have come.
    pub(super) fn publish(&self, taken: u64, sent: u64) {
        self.taken.store(taken, Ordering::Release);
        self.sent.store(sent, Ordering::Release);
    }

    /// Whether nothing is sent any more.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire)
    }

    /// Sends nothing any more, for no reason that calls would be told.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
    }

    /// Cuts the wire because of an error; returns what hyper is told.
    pub(super) fn fail(&self, error: io::Error) -> io::Error {
        self.cut();
        let cause = self.cause.get_or_init(|| Arc::new(error));
        share(cause.clone())
    }
}
