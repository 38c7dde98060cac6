//! What becomes of a replayed stream, decided under its lock.
//!
//! | who polls | finds | does |
//! |---|---|---|
//! | who is given up | anything | fails |
//! | any | another one is ahead | ends in [`Overflowed`] |
//! | any | a kept chunk | gives it; if nobody else is there, lets go of it |
//! | any | all was given | ends |
//! | the only one, or the one that is ahead | the source | keeps it |
//! | any | the source | polls it, and puts it back with what came of it |
//! | any | the source is out | waits |
//! | any | the source has failed | fails |

use std::{
    mem,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::Frame;

use super::{account::Account, cursors::Cursors, kept::Kept, overflowed::Overflowed};
use crate::{
    BoxError,
    body::{
        feed::Abandoned,
        source::{PolledFrame, Source},
    },
};

/// All that the cursors of one stream share.
pub(super) struct State {
    /// Where the source is, which but one cursor may poll at a time.
    place: Place,
    /// Nothing follows what is kept.
    is_finished: bool,
    /// What was read and may be needed again.
    kept: Kept,
    /// Who reads, and how far each is.
    cursors: Cursors,
    /// Which cursor was ahead when more came than may be kept: it has the stream for itself.
    ahead: Option<usize>,
    /// Whether somebody asked to be given up while the source was out.
    is_unheard: bool,
    /// Those who wait for an overflow.
    watchers: Vec<(usize, Waker)>,
}

/// Behind the last chunk that may be kept.
const ALL: usize = usize::MAX;

/// Where the source is.
enum Place {
    Here(Source),
    /// One of the cursors polls it, or has it for good.
    Out,
    /// It has failed, or its code has panicked. Why a feed was abandoned is told to each cursor; whatever else it failed
    /// with was told to the one that polled it.
    Failed(Option<Abandoned>),
}

/// What a cursor does next.
pub(super) enum Next {
    /// This is what its poll gives.
    Given(Option<Result<Frame<Bytes>, BoxError>>),
    /// Somebody else polls the source, and wakes it.
    Waits,
    /// It polls the source, with its own waker or with that of all who wait, and puts it back.
    Polls { source: Source, with: With },
    /// It keeps the source.
    Alone(Source),
}

/// Whose waker the source is polled with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum With {
    /// That of the cursor: nobody else waits.
    Own,
    /// One that wakes all who wait.
    All,
}

/// What came of polling the source.
pub(super) struct Back<'a> {
    /// The source, which others may poll now.
    pub(super) source: Source,
    /// What it gave.
    pub(super) frame: &'a PolledFrame,
    /// What it said of its end after that.
    pub(super) is_end_stream: bool,
    /// Who was to be woken by it.
    pub(super) with: With,
}

/// What is to be done outside of the lock, for it runs code of users: dropping what is let go, and waking.
#[derive(Default)]
pub(super) struct After {
    /// To be dropped.
    chunks: Vec<Bytes>,
    /// To be dropped.
    source: Option<Source>,
    /// To be woken.
    wakers: Vec<Waker>,
}

impl After {
    /// Wakes these, and lets go of nothing.
    pub(super) fn wake(wakers: Vec<Waker>) -> Self {
        Self {
            wakers,
            ..Self::default()
        }
    }

    /// Drops first: who is woken may want the room.
    pub(super) fn run(self) {
        let Self {
            chunks,
            source,
            wakers,
        } = self;
        drop((chunks, source));
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Of two cursors.
    pub(super) fn new() -> Self {
        Self {
            place: Place::Out,
            is_finished: false,
            kept: Kept::default(),
            cursors: Cursors::pair(),
            ahead: None,
            is_unheard: false,
            watchers: Vec::new(),
        }
    }

    /// The source comes; it may be at its end from the start.
    pub(super) fn begin(&mut self, source: Source) {
        self.is_finished = source.is_end_stream();
        self.place = Place::Here(source);
    }

    /// Whether a cursor that branches off this one gives all of the stream.
    pub(super) fn can_replay(&self, index: usize) -> bool {
        let is_whole = self.ahead.is_none() && !matches!(self.place, Place::Failed(_));
        is_whole && self.cursors.position(index) == 0
    }

    /// One more cursor, if it can give all.
    pub(super) fn branch(&mut self, index: usize) -> Option<usize> {
        let can_replay = self.can_replay(index) && !self.cursors.is_given_up(index);
        can_replay.then(|| self.cursors.branch(index))
    }

    /// What is kept counts against a budget from now on.
    pub(super) fn count_in(&mut self, account: impl FnOnce() -> Box<dyn Account>) {
        self.kept.count_in(account);
    }

    /// Whether all of it was given; asked after each frame.
    pub(super) fn is_at_end(&self, index: usize) -> bool {
        let position = self.cursors.position(index);
        self.is_finished && !self.kept.has(position) && self.overflowed(index).is_none()
    }

    /// Tells how far the clones of this cursor were when one of all was ahead of what is kept.
    pub(super) fn poll_overflow(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<Vec<usize>> {
        if self.ahead.is_some() {
            return Poll::Ready(self.cursors.branches(index));
        }
        self.watchers.retain(|(watcher, _)| *watcher != index);
        self.watchers.push((index, cx.waker().clone()));
        Poll::Pending
    }

    /// Some of the youngest clones of this cursor are of no use any more, though their transports may not have heard of it.
    ///
    /// What one of them takes while it is told so is kept for those that go on.
    pub(super) fn give_up_clones(
        &mut self,
        of: usize,
        count: usize,
        is_meant: impl Fn(usize) -> bool,
    ) -> After {
        // Who has to fail, and who is alone now, polls anew.
        let mut after = After::wake(self.cursors.take_waiting());
        for index in self.cursors.youngest(of, count, is_meant) {
            after.chunks.extend(self.leave(index).chunks);
        }
        after
    }

    /// A cursor is dropped.
    pub(super) fn leave(&mut self, index: usize) -> After {
        self.watchers.retain(|(watcher, _)| *watcher != index);
        let Some(position) = self.cursors.leave(index) else {
            // A waker of the replay may be with the source, which would keep itself.
            return After {
                chunks: self.kept.let_go(ALL),
                source: mem::replace(&mut self.place, Place::Out).into_source(),
                ..After::default()
            };
        };
        After {
            chunks: self.kept.let_go(position),
            ..After::default()
        }
    }
}

/// Reading.
impl State {
    /// What a cursor that is polled does: the table at the top of this file.
    pub(super) fn next(&mut self, index: usize, waker: &Waker) -> Next {
        if self.cursors.is_given_up(index) {
            return Next::Given(Some(Err(Abandoned::Cancelled.into())));
        }
        if let Some(overflowed) = self.overflowed(index) {
            return Next::Given(Some(Err(overflowed.into())));
        }
        let position = self.cursors.position(index);
        if let Some(chunk) = self.kept.get(position) {
            self.cursors.advance(index);
            if self.cursors.is_alone() {
                // What is given has a reference too: nothing is freed here.
                self.kept.let_go(position + 1);
            }
            return Next::Given(Some(Ok(Frame::data(chunk))));
        }
        if self.is_finished {
            return Next::Given(None);
        }
        match mem::replace(&mut self.place, Place::Out) {
            Place::Here(source) => self.lend(index, source, waker),
            Place::Out => {
                self.cursors.wait(index, waker);
                Next::Waits
            }
            Place::Failed(why) => {
                self.place = Place::Failed(why);
                let again = "the request's stream has failed when it was sent before";
                Next::Given(Some(Err(why.map_or(again.into(), Into::into))))
            }
        }
    }

    /// Why a cursor gets no more, if another one is ahead.
    fn overflowed(&self, index: usize) -> Option<Overflowed> {
        let is_behind = |ahead| ahead != index;
        self.ahead.is_some_and(is_behind).then_some(Overflowed)
    }

    /// Hands the source out: for good, or to be polled once.
    fn lend(&mut self, index: usize, mut source: Source, waker: &Waker) -> Next {
        if self.cursors.is_alone() || self.ahead.is_some() {
            if let Some(give_up) = self.cursors.give_up_of(index) {
                source.on_abandon(give_up);
            }
            return Next::Alone(source);
        }
        let with = if self.cursors.do_others_wait(index) {
            // Before it is polled: all may be woken at once.
            self.cursors.wait(index, waker);
            With::All
        } else {
            With::Own
        };
        Next::Polls { source, with }
    }

    /// Takes the source back from who polled it.
    pub(super) fn put_back(
        &mut self,
        index: usize,
        back: Back<'_>,
        waker: &Waker,
        all: impl FnOnce() -> Waker,
    ) -> After {
        let Back {
            mut source,
            frame,
            is_end_stream,
            with,
        } = back;
        if mem::take(&mut self.is_unheard) {
            hear(&self.cursors, &mut source, all);
        }
        // One that has failed may say that nothing follows: half a request is no whole one (B-24).
        self.is_finished |= is_end_stream && !matches!(frame, Poll::Ready(Some(Err(_))));
        self.place = Place::Here(source);
        let mut after = match frame {
            Poll::Pending => return self.wait(index, waker, with),
            Poll::Ready(Some(Ok(frame))) => self.came(index, frame.data_ref()),
            Poll::Ready(Some(Err(error))) => self.failed(error.downcast_ref().copied()),
            Poll::Ready(None) => self.came(index, None),
        };
        after.wakers.extend(self.cursors.take_others(index));
        after
    }

    /// The source has nothing yet.
    fn wait(&mut self, index: usize, waker: &Waker, with: With) -> After {
        self.cursors.wait(index, waker);
        match with {
            // Who came meanwhile has to poll it too, or the source would not know of them.
            With::Own => After::wake(self.cursors.take_others(index)),
            With::All => After::default(),
        }
    }

    /// The source gave a chunk; anything else is the end, also trailers, which no request has.
    fn came(&mut self, index: usize, chunk: Option<&Bytes>) -> After {
        let Some(chunk) = chunk else {
            self.is_finished = true;
            return After::default();
        };
        if self.cursors.is_given_up(index) {
            self.kept.push_for_others(chunk);
            return After::default();
        }
        self.cursors.advance(index);
        if self.cursors.is_alone() || self.kept.push(chunk) {
            return After::default();
        }
        self.ahead = Some(index);
        let watchers = mem::take(&mut self.watchers);
        After {
            chunks: self.kept.let_go(ALL),
            wakers: watchers.into_iter().map(|(_, waker)| waker).collect(),
            ..After::default()
        }
    }

    /// Nobody gets more of it, and nobody an end: half a request would look like a whole one (B-24).
    fn failed(&mut self, why: Option<Abandoned>) -> After {
        After {
            source: mem::replace(&mut self.place, Place::Failed(why)).into_source(),
            ..After::default()
        }
    }

    /// The source is gone: it has panicked in one of the cursors.
    pub(super) fn panicked(&mut self) -> After {
        self.place = Place::Failed(None);
        self.woken()
    }

    /// The source woke all who wait for it.
    pub(super) fn woken(&mut self) -> After {
        After::wake(self.cursors.take_waiting())
    }
}

/// Giving up (L-21).
impl State {
    /// A cursor leaves the waker by which its call is given up; a source that is out hears of it when it comes back.
    pub(super) fn on_abandon(&mut self, index: usize, waker: &Waker, all: impl FnOnce() -> Waker) {
        self.cursors.give_up_with(index, waker);
        match &mut self.place {
            Place::Here(source) => hear(&self.cursors, source, all),
            Place::Out => self.is_unheard = true,
            // Its next poll fails.
            Place::Failed(_) => {}
        }
    }

    /// The source was abandoned by who fed it.
    pub(super) fn abandoned(&self) -> After {
        After::wake(self.cursors.give_ups())
    }
}

/// Leaves with the source the waker of the one call that can be given up, or one of all calls.
fn hear(cursors: &Cursors, source: &mut Source, all: impl FnOnce() -> Waker) {
    match cursors.only_give_up() {
        Some(waker) => source.on_abandon(waker),
        None => source.on_abandon(&all()),
    }
}

impl Place {
    /// The source, if it is here to be dropped.
    fn into_source(self) -> Option<Source> {
        match self {
            Self::Here(source) => Some(source),
            Self::Out | Self::Failed(_) => None,
        }
    }
}
