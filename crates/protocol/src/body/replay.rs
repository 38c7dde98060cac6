//! A stream that is sent more than once: its source, the chunks it gave, and one cursor for each body.
//!
//! ```text
//!  source ──▶ chunk 0 · chunk 1 · chunk 2        what is kept
//!                ▲         ▲          ▲
//!                │         │          └ an attempt that stands at the end: it polls the source for more
//!                │         └ one that follows
//!                └ the body that a floor has put by: as long as it is there, all is kept
//! ```
//!
//! There is one lock, and no code of a user runs under it: who wants more than is kept takes the source out, polls it,
//! and puts it back. Who wants more meanwhile waits, and is woken when it is back. Chunks, wakers and the source are
//! dropped behind the lock too, for whoever made them may run code then.
//!
//! # Letting go
//!
//! A chunk is kept as long as there is a cursor that has not given it. A floor that commits to an attempt drops the body
//! that it has put by, and with it goes what it was kept for. The cursor that is left gives the rest of what is kept, and
//! then takes the source with it: its body is an ordinary stream again, with no lock and nothing kept.
//!
//! # Overflow
//!
//! What does not fit goes to the cursor that asked for it, for it is the one that is ahead. It takes the source with it
//! likewise; the others can never be whole, and end in [`Overflowed`] at their next poll.
//!
//! # Waking
//!
//! As long as one cursor waits for the source, the source has that cursor's waker. If several wait, it has one of the
//! replay, which wakes them all; each of them polls the source again, so that the last waker is always one of all who
//! wait. A cursor that is dropped is no longer among them.

mod account;
mod cursors;
mod kept;
mod overflowed;
mod state;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use http_body::Frame;

pub use account::Account;
pub use overflowed::Overflowed;

use super::source::{PolledFrame, Source};
use crate::BoxError;
use state::{Back, Next, State, With};

/// One of those who give the stream from its start; dropping it lets go of what it has not given.
pub(super) struct Cursor {
    replay: Arc<Replay>,
    index: usize,
}

/// What a poll of a cursor comes to.
pub(super) enum Step {
    Given(Option<Result<Frame<Bytes>, BoxError>>),
    /// There is nobody else for whom something would be kept: the source is its own from now on.
    Alone(Source),
}

struct Replay(Mutex<State>);

impl Cursor {
    /// Two cursors of a source that [comes](Self::begin) right after: of the body that is cloned, and of its clone.
    pub(super) fn pair() -> (Self, Self) {
        let replay = Arc::new(Replay(Mutex::new(State::new())));
        let cursor = |index| Self {
            replay: Arc::clone(&replay),
            index,
        };
        (cursor(0), cursor(1))
    }

    /// Gives the source, once for all cursors.
    pub(super) fn begin(&self, source: Source) {
        self.lock().begin(source);
    }

    /// One more, at the start; `None` if this one has given something, or what it would give is gone.
    pub(super) fn try_clone(&self) -> Option<Self> {
        let index = self.lock().branch(self.index)?;
        let replay = Arc::clone(&self.replay);
        Some(Self { replay, index })
    }

    /// Whether another one would give all of it.
    pub(super) fn can_replay(&self) -> bool {
        self.lock().can_replay(self.index)
    }

    /// Counts what is kept in this account, if there is none yet.
    pub(super) fn count_in(&self, account: impl FnOnce() -> Box<dyn Account>) {
        self.lock().count_in(account);
    }

    /// Waits until one is ahead of what is kept; tells how far the clones of this one are then.
    pub(super) fn poll_overflow(&self, cx: &mut Context<'_>) -> Poll<Vec<usize>> {
        self.lock().poll_overflow(self.index, cx)
    }

    /// Gives up those of its youngest clones that are meant.
    pub(super) fn give_up_clones(&self, count: usize, is_meant: impl Fn(usize) -> bool) {
        let after = self.lock().give_up_clones(self.index, count, is_meant);
        after.run();
    }

    /// Leaves the waker that gives up the call which this one is sent in. The source is told of one waker: of this, if
    /// no other cursor has left one, or of one that wakes them all.
    pub(super) fn on_abandon(&mut self, waker: &Waker) {
        let all = || GiveUps::waker(&self.replay);
        self.lock().on_abandon(self.index, waker, all);
    }

    /// Whether it has given the last chunk, and the source said that it was the last.
    pub(super) fn is_end_stream(&self) -> bool {
        self.lock().is_at_end(self.index)
    }

    /// Gives the next chunk: one that is kept, or else one of the source.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let next = self.lock().next(self.index, cx.waker());
        match next {
            Next::Given(frame) => Poll::Ready(Step::Given(frame)),
            Next::Waits => Poll::Pending,
            Next::Alone(source) => Poll::Ready(Step::Alone(source)),
            Next::Polls { source, with } => self.poll_source(source, with, cx).map(Step::Given),
        }
    }

    /// Polls the source, which is out, and puts it back. A panic of it goes through; the source is lost with it.
    fn poll_source(&self, mut source: Source, with: With, cx: &mut Context<'_>) -> PolledFrame {
        let mut out = Out(Some(&self.replay));
        let frame = match with {
            With::Own => source.poll_frame(cx),
            With::All => {
                let all = Waker::from(Arc::clone(&self.replay));
                source.poll_frame(&mut Context::from_waker(&all))
            }
        };
        let is_end_stream = source.is_end_stream();
        out.0 = None;
        let back = Back {
            source,
            frame: &frame,
            is_end_stream,
            with,
        };
        let all = || GiveUps::waker(&self.replay);
        let after = self.lock().put_back(self.index, back, cx.waker(), all);
        after.run();
        frame.map(|frame| frame.filter(|frame| frame.as_ref().map_or(true, Frame::is_data)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.replay.lock()
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let after = self.lock().leave(self.index);
        after.run();
    }
}

/// While a source is out to be polled: it does not come back if it panics.
struct Out<'a>(Option<&'a Replay>);

impl Drop for Out<'_> {
    fn drop(&mut self) {
        if let Some(replay) = self.0 {
            let after = replay.lock().panicked();
            after.run();
        }
    }
}

impl Replay {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all who wait for the source.
impl Wake for Replay {
    fn wake(self: Arc<Self>) {
        let after = self.lock().woken();
        after.run();
    }
}

/// Gives up all calls that the stream is sent in.
struct GiveUps(Weak<Replay>);

impl GiveUps {
    fn waker(replay: &Arc<Replay>) -> Waker {
        Arc::new(Self(Arc::downgrade(replay))).into()
    }
}

impl Wake for GiveUps {
    fn wake(self: Arc<Self>) {
        if let Some(replay) = self.0.upgrade() {
            let after = replay.lock().abandoned();
            after.run();
        }
    }
}

#[cfg(test)]
mod tests;
