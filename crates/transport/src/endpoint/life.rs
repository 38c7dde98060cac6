//! What becomes of an endpoint, as pure state.
//!
//! All that happens to an endpoint is told to [`Life`] by a method, under one short lock: a call came, left or is over; an
//! attempt starts, failed or is ready; a connection ends. It changes the state, gives streams to those who wait, and says
//! which attempt is to be made. `shared` holds the lock, `task` makes the attempts, `admission` is a call.
//!
//! Its tests therefore need neither sockets nor time: they tell it a story, with the instants of their choice.

mod calls;
mod connections;
mod doubts;
#[cfg(test)]
mod tests;

use std::{mem, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::{
    State,
    backoff::{Backoff, Series},
    pool::{Grant, Id, Pause, Pool},
    queue::Queue,
    standing::Standing,
};
use crate::Error;

/// What becomes of an endpoint: its states, its attempts to connect, and who may send (D-2, T-19).
///
/// It knows no I/O and no clock. Whoever tells it what happened asks it afterwards for the attempt that is to be made,
/// if any ([`plan`](Self::plan)), and for the state it is in now.
#[derive(Debug)]
pub(super) struct Life<S> {
    /// What it may do; never changes.
    options: Options,
    /// The connections.
    pool: Pool<S>,
    /// The calls that wait here for a stream.
    queue: Queue<Grant<S>, Error>,
    /// Calls that hold a stream, on connections that left too.
    running: usize,
    /// How many of the calls are the channel's own, and are not told: they make no server look busy.
    uncounted: usize,
    /// How many connections there ever were: those that are not in the pool any more are the others.
    made: u64,
    /// Since when no call waits or runs.
    quiet_since: Option<Instant>,
    /// The one attempt that is under way, or waits for its time.
    attempt: Option<Attempt>,
    /// The number of the last attempt.
    last_id: u64,
    /// The pauses between attempts, and what they came to.
    series: Series,
    /// When the next attempt may start.
    not_before: Option<Instant>,
    /// Somebody asked for a connection without a call.
    is_wanted: bool,
    /// A call came, and all connections had calls; it counts until the next attempt is over.
    is_crowded: bool,
    /// The connections that are old: each is used until there is another, which takes its place.
    old: Vec<Id>,
    /// Why the last attempt failed, until there is a connection.
    failure: Option<Error>,
    /// Why calls fail since it was closed; it is never opened again.
    closed: Option<Error>,
    /// Why calls are handed back that find no connection, if there are other servers for them; else they wait here.
    elsewhere: Option<Error>,
    /// How often calls were made to fail.
    failures: u64,
    /// How often the last connection was lost, or doubted.
    losses: u64,
    /// Whether there was a connection for calls when it was told last.
    was_ready: bool,
}

/// What an endpoint may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many connections calls are spread over.
    pub(crate) connections: usize,
    /// How many there may be; no fewer than those.
    pub(crate) max_connections: usize,
    /// `None` is never.
    pub(crate) idle_timeout: Option<Duration>,
    /// How old a connection may be before another takes its place; `None` is as old as it gets.
    pub(crate) max_age: Option<Duration>,
}

/// The attempt that is under way. Dropping it stops its task.
#[derive(Debug)]
struct Attempt {
    /// Its number, which its connection keeps.
    id: Id,
    /// When it is to start; may be hastened until it has.
    due: watch::Sender<Instant>,
    /// Known once it has started.
    pause: Option<Pause>,
}

/// An attempt that is to be made.
#[derive(Debug)]
pub(super) struct Plan {
    /// The number by which its task names it.
    pub(super) id: Id,
    /// When it is to start. Closed when it is to stop.
    pub(super) due: watch::Receiver<Instant>,
}

/// What a call is told that wants to send.
#[derive(Debug)]
pub(super) enum Admission<S> {
    /// It has this stream.
    Granted(Grant<S>),
    /// The answer may be that it is handed back.
    Queued(oneshot::Receiver<Result<Grant<S>, Error>>),
    /// It has no stream and nothing to wait for, for this reason.
    HandedBack(Error),
}

impl<S: Clone> Life<S> {
    /// Idle, without a connection.
    pub(super) fn new(options: Options, backoff: Backoff) -> Self {
        Self {
            options,
            pool: Pool::new(options.connections),
            queue: Queue::new(),
            running: 0,
            uncounted: 0,
            made: 0,
            quiet_since: None,
            attempt: None,
            last_id: 0,
            series: Series::new(backoff),
            not_before: None,
            is_wanted: false,
            is_crowded: false,
            old: Vec::new(),
            failure: None,
            closed: None,
            elsewhere: None,
            failures: 0,
            losses: 0,
            was_ready: false,
        }
    }

    /// The same, of one server among several: calls wait here for a stream, and never for a connection. Those that find
    /// none are handed back for this reason.
    pub(super) fn beside_others(self, elsewhere: Error) -> Self {
        Self {
            elsewhere: Some(elsewhere),
            ..self
        }
    }

    /// The state that handles are told. It is not kept anywhere: it follows from what there is (D-2).
    pub(super) fn state(&self) -> State {
        if self.closed.is_some() {
            State::Shutdown
        } else if self.is_ready() {
            State::Ready
        } else if self.failure.is_some() {
            State::TransientFailure
        } else if self.attempt.is_some() {
            State::Connecting
        } else {
            State::Idle
        }
    }

    /// Whether there is a connection for calls. Where there are other servers, a doubted one is none.
    fn is_ready(&self) -> bool {
        match self.elsewhere {
            None => !self.pool.is_empty(),
            Some(_) => self.pool.trusted() > 0,
        }
    }

    /// How it stands, for who chooses among several.
    pub(super) fn standing(&mut self) -> Standing {
        let is_ready = self.is_ready();
        self.losses += u64::from(mem::replace(&mut self.was_ready, is_ready) && !is_ready);
        Standing {
            state: self.state(),
            failures: self.failures,
            losses: self.losses,
            connections: self.pool.len(),
            gone: self.made.saturating_sub(self.pool.len() as u64),
            error: self.failure().cloned(),
        }
    }

    /// How old a connection may be.
    pub(super) fn max_age(&self) -> Option<Duration> {
        self.options.max_age
    }

    /// How many calls it has, with those that wait for a stream.
    pub(super) fn load(&self) -> usize {
        // Who is not counted may not have asked yet.
        (self.running + self.queue.len()).saturating_sub(self.uncounted)
    }

    /// A call more is the channel's own, or one less. It may be told before the call has asked, and after it is over.
    pub(super) fn uncount(&mut self, is_more: bool) {
        self.uncounted = if is_more {
            self.uncounted.saturating_add(1)
        } else {
            self.uncounted.saturating_sub(1)
        };
    }

    /// Whether calls wait for a stream of a connection that is there and not doubted.
    pub(super) fn lacks_streams(&self) -> bool {
        self.pool.trusted() > 0
    }

    /// Why calls fail that do not wait.
    pub(super) fn failure(&self) -> Option<&Error> {
        self.closed.as_ref().or(self.failure.as_ref())
    }

    /// The attempt to start, if one is needed and none is under way (D-26).
    ///
    /// Asked after each step; the answer is `None` nearly always.
    pub(super) fn plan(&mut self, now: Instant) -> Option<Plan> {
        match &self.elsewhere {
            Some(_) if self.is_ready() => self.forget_doubts(),
            Some(reason) => self.queue.hand_back_all(reason),
            None => {}
        }
        // As long as no other connection can be made, a doubted one is used.
        self.serve_queue(now);
        if self.attempt.is_some() || !self.needs_connection() {
            return None;
        }
        self.last_id += 1;
        let id = Id(self.last_id);
        let at = self.not_before.map_or(now, |earliest| earliest.max(now));
        let (sender, due) = watch::channel(at);
        self.attempt = Some(Attempt {
            id,
            due: sender,
            pause: None,
        });
        Some(Plan { id, due })
    }

    /// There is a connection. If there was one all the time, and a doubt was lifted, what came of the doubt is over.
    fn forget_doubts(&mut self) {
        let had_failed = self.failure.take().is_some();
        let was_wanted = mem::take(&mut self.is_wanted);
        if (had_failed || was_wanted) && !self.needs_connection() {
            self.attempt = None;
        }
    }

    /// Whether an attempt should be under way: for a call, for who asked, to leave a failure, or to replace or add one.
    fn needs_connection(&self) -> bool {
        if self.closed.is_some() {
            return false;
        }
        // The failure itself is a reason: the state is left through a connection only.
        let is_asked = !self.queue.is_empty() || self.is_wanted || self.failure.is_some();
        if !self.is_ready() {
            return is_asked;
        }
        if self.old.iter().any(|id| self.pool.has(*id)) {
            return true;
        }
        // Who waits beside a connection waits for a stream (G-70), or for one that is not doubted.
        let limit = if !self.queue.is_empty() {
            self.options.max_connections
        } else if self.is_crowded {
            self.options.connections
        } else {
            return false;
        };
        self.pool.trusted() < limit
    }
}

impl<S: Clone> Life<S> {
    /// ## any → Idle: no call for the length of the idle timeout (D-30)
    ///
    /// Tells when to look again.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Instant> {
        let timeout = self.options.idle_timeout?;
        if self.running > 0 || !self.queue.is_empty() {
            return now.checked_add(timeout);
        }
        let due = self.quiet_since?.checked_add(timeout)?;
        if now < due {
            return Some(due);
        }
        self.withdraw();
        None
    }

    /// ## any → Idle: nobody wants it any more
    pub(super) fn let_go(&mut self) {
        self.withdraw();
        if let Some(reason) = &self.elsewhere {
            self.queue.hand_back_all(reason);
        }
    }

    /// ## any → Shutdown (D-4)
    pub(super) fn close(&mut self, error: Error) {
        self.withdraw();
        self.queue.hand_back_all(&error);
        self.closed.get_or_insert(error);
    }

    /// Lets go of connections and attempts.
    fn withdraw(&mut self) {
        self.pool.clear();
        self.old.clear();
        self.attempt = None;
        self.is_wanted = false;
        self.failure = None;
    }
}
