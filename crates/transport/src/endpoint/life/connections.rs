//! The part of [`Life`] that connections see: from the wish for one, over the attempt, to their end.
//!
//! How a connection ended is told twice as a rule: by the call that found it closed, and by its task, in either order. The
//! first takes it out of the pool; what comes of it is read from the table in `ends`, once all is known that it asks for.

use std::time::Duration;

use tokio::time::Instant;

use super::Life;
use crate::{
    Error,
    connection::Pulse,
    endpoint::{
        ends::{Calls, Done, End, Next, Outcome, Times, outcome},
        pool::{Id, Open, Pause},
        queue::Patience,
    },
    error::Kind,
};

/// Connections.
impl<S: Clone> Life<S> {
    /// Somebody wants a connection.
    ///
    /// It counts until there is one, or an attempt has failed. Where there is one already, it counts for nothing.
    pub(in crate::endpoint) fn request(&mut self, now: Instant) {
        self.is_wanted |= !self.is_ready();
        self.note_quiet(now);
    }

    /// An attempt starts. Tells how long the next has to wait; `None` if there is to be no attempt.
    ///
    /// That it is not wanted may turn out here: the call that it was for may have gone, or a doubt may have been lifted.
    pub(in crate::endpoint) fn begin(&mut self, id: Id, now: Instant) -> Option<Duration> {
        self.rest(now);
        if !self.needs_connection() {
            self.attempt.take_if(|attempt| attempt.id == id);
            return None;
        }
        let attempt = self.attempt.as_mut().filter(|attempt| attempt.id == id)?;
        let length = self.series.draw();
        attempt.pause = Some(Pause {
            started: now,
            length,
        });
        Some(length)
    }

    /// ## Connecting, TransientFailure → Ready
    ///
    /// Hands the service back if nobody wants the connection any more.
    ///
    /// It takes the place of what was doubted and of one that is old; then those who wait are served.
    pub(in crate::endpoint) fn connected(
        &mut self,
        id: Id,
        service: S,
        streams: usize,
        pulse: Pulse,
        now: Instant,
    ) -> Result<(), S> {
        let Some(pause) = self.take_attempt(id) else {
            return Err(service);
        };
        let was_ready = self.is_ready();
        self.pool.retire_doubted();
        self.old.retain(|id| self.pool.has(*id));
        if !self.old.is_empty() {
            // What runs on it goes on to its end.
            self.pool.forget(self.old.remove(0));
        }
        // Not wanted if the doubt is gone that it was made for.
        if self.pool.len() >= self.options.max_connections {
            return Err(service);
        }
        let open = Open::new(id, service, streams, pause, pulse);
        self.pool.push(open);
        self.made += 1;
        self.is_wanted = false;
        self.is_crowded = false;
        self.failure = None;
        self.serve_queue(now);
        // One that takes another's place is no use of the channel: its idleness goes on (D-30).
        if !was_ready {
            self.note_quiet(now);
        }
        Ok(())
    }

    /// ## Connecting → TransientFailure: the attempt failed
    ///
    /// A server that once served, and now accepts and hangs up, may do so by chance: then calls wait for the next
    /// attempt, which comes soon. Tells how long that has to wait.
    pub(in crate::endpoint) fn failed(&mut self, id: Id, error: Error, now: Instant) -> Duration {
        let Some(pause) = self.take_attempt(id) else {
            return Duration::ZERO;
        };
        self.not_before = pause.end();
        self.is_crowded = false;
        let end = if was_accepted(&error) {
            End::HungUp
        } else {
            End::Unreachable
        };
        // A server that never served is not known to be one.
        let may_be_chance = self.series.is_proven() && !self.series.has_failed();
        self.conclude(end, Done::Nothing, times(may_be_chance), error, now);
        let earliest = self.not_before;
        earliest.map_or(Duration::MAX, |at| at.saturating_duration_since(now))
    }

    /// A connection is as old as it may be: it is used until another takes its place.
    ///
    /// Of several that are old one is replaced at a time.
    pub(in crate::endpoint) fn aged(&mut self, id: Id) {
        self.old.push(id);
    }

    /// The server allows another number of streams.
    pub(in crate::endpoint) fn set_streams(&mut self, id: Id, streams: usize, now: Instant) {
        self.pool.set_streams(id, streams);
        self.serve_queue(now);
    }

    /// ## Ready → Idle, or → TransientFailure: a connection takes no more requests
    ///
    /// Its task knows the end, a call may not. One that served a call is replaced at once. What becomes of the endpoint
    /// after one that served none is [judged](outcome) when its streams are over, for until then it may.
    pub(in crate::endpoint) fn left(
        &mut self,
        id: Id,
        end: Option<End>,
        error: Error,
        now: Instant,
    ) {
        if let Some(gone) = self.pool.leave(id, &error, now) {
            if gone.has_served {
                let end = end.unwrap_or(End::Lost);
                return self.conclude(end, Done::Answer, Times::Once, error, now);
            }
            self.not_before = gone.pause.end();
        }
        let Some(end) = end else { return };
        if let Some(gone) = self.pool.find_leaving(id) {
            gone.end(end, error);
            let even = gone.pause.at_most(self.series.first());
            if let (End::Drained, Some(at)) = (end, even.end()) {
                self.hasten(at);
            }
        }
        self.settle(id, now);
    }

    /// Judges a connection that served nobody, if nothing more can come of it. Tells whether it did.
    pub(super) fn settle(&mut self, id: Id, now: Instant) -> bool {
        let Some((gone, end)) = self.pool.settle(id) else {
            return false;
        };
        self.series.note_barren();
        let may_be_chance = !self.series.has_failed() || !gone.is_early;
        self.conclude(end, Done::Settings, times(may_be_chance), gone.error, now);
        true
    }

    /// Does what the table says.
    fn conclude(&mut self, end: End, done: Done, times: Times, error: Error, now: Instant) {
        let Outcome { next, calls } = outcome(end, done, times);
        self.pace(next, now);
        // Beside others that go on, it is no failure.
        if !self.is_ready() {
            match calls {
                Calls::Wait => {}
                Calls::NewOnesFail if self.is_hopeful() => self.fail(Patience::FailFast, error),
                // Who came back may never get as far as to ask again.
                Calls::NewOnesFail | Calls::Fail => self.fail(Patience::CameBack, error),
            }
        }
    }

    /// Sets when the next attempt may start: at once, or after a pause that stays or grows.
    pub(super) fn pace(&mut self, next: Next, now: Instant) {
        match next {
            Next::AtOnce => self.hasten(now),
            Next::AfterEvenPause => self.series.drain(),
            Next::AfterGrowingPause => self.series.fail(),
        }
    }

    /// The next attempt may start at this time, if it was to start later.
    pub(super) fn hasten(&mut self, at: Instant) {
        self.not_before = self.not_before.map(|earliest| earliest.min(at));
        if let Some(attempt) = &self.attempt
            && attempt.pause.is_none()
        {
            attempt.due.send_if_modified(|due| {
                let is_later = *due > at;
                *due = at.min(*due);
                is_later
            });
        }
    }

    /// The task of an attempt or a connection was stopped from outside: nobody may count on another.
    pub(in crate::endpoint) fn stopped(&mut self, id: Id, error: &Error) {
        let was_open = self.pool.forget(id).is_some();
        let was_attempt = self.attempt.take_if(|attempt| attempt.id == id).is_some();
        if (was_open || was_attempt) && self.pool.is_empty() {
            self.is_wanted = false;
            self.failure = None;
            self.queue.hand_back_all(error);
        }
    }

    /// The network is back: the next attempt need not wait (D-25).
    pub(in crate::endpoint) fn reset_backoff(&mut self, now: Instant) {
        self.series.restart();
        self.hasten(now);
    }

    /// ## any → TransientFailure: those are handed back who are no more patient than that
    fn fail(&mut self, most: Patience, error: Error) {
        self.is_wanted = false;
        self.failures += 1;
        self.queue.hand_back_up_to(most, &error);
        self.failure = Some(error);
    }

    /// Ends an attempt that has started; gives the pause that the next has to keep.
    fn take_attempt(&mut self, id: Id) -> Option<Pause> {
        let attempt = self.attempt.take_if(|attempt| attempt.id == id)?;
        attempt.pause
    }
}

/// Whether an end is the first of its kind, as the table has it: the first may be by chance.
fn times(may_be_chance: bool) -> Times {
    if may_be_chance {
        Times::Once
    } else {
        Times::Again
    }
}

/// Whether the server accepted a connection, and then ended it.
fn was_accepted(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Closed | Kind::Lost | Kind::GoAway { .. }
    )
}
