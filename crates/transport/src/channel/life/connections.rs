use std::time::Duration;

use tokio::time::Instant;

use super::Life;
use crate::{
    Error,
    channel::pool::{Id, Open, Pause},
    error::Kind,
};

/// Connections.
impl<S: Clone> Life<S> {
    /// Somebody wants a connection.
    pub(in crate::channel) fn request(&mut self, now: Instant) {
        self.is_wanted |= self.pool.is_empty();
        self.note_quiet(now);
    }

    /// An attempt starts. Tells how long the next has to wait; `None` if there is to be no attempt.
    pub(in crate::channel) fn begin(&mut self, id: Id, now: Instant) -> Option<Duration> {
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
    pub(in crate::channel) fn connected(
        &mut self,
        id: Id,
        service: S,
        streams: usize,
        now: Instant,
    ) -> Result<(), S> {
        let Some(pause) = self.take_attempt(id) else {
            return Err(service);
        };
        self.pool.push(Open::new(id, service, streams, pause));
        self.is_wanted = false;
        self.failure = None;
        self.serve_queue();
        self.note_quiet(now);
        Ok(())
    }

    /// ## Connecting → TransientFailure: the attempt failed
    ///
    /// A server that once served, and now accepts and hangs up, may do so by chance: then calls wait for the next
    /// attempt, which comes soon. Tells how long that has to wait.
    pub(in crate::channel) fn failed(&mut self, id: Id, error: Error, now: Instant) -> Duration {
        let Some(pause) = self.take_attempt(id) else {
            return Duration::ZERO;
        };
        let is_repeated = self.series.fail();
        self.not_before = pause.end();
        let may_be_chance = !is_repeated && self.series.is_proven() && was_accepted(&error);
        // One more connection beside others: they go on.
        if self.pool.is_empty() && !may_be_chance {
            self.fail(error);
        }
        let earliest = self.not_before;
        earliest.map_or(Duration::MAX, |at| at.saturating_duration_since(now))
    }

    /// The server allows another number of streams.
    pub(in crate::channel) fn set_streams(&mut self, id: Id, streams: usize) {
        self.pool.set_streams(id, streams);
        self.serve_queue();
    }

    /// ## Ready → Idle, or → TransientFailure: a connection takes no more requests
    ///
    /// One that served a call is replaced at once. One that served none counts as an attempt that came to nothing; that
    /// may be chance, so calls wait for the next. Again, and before its pause was over, it is a failure.
    pub(in crate::channel) fn left(&mut self, id: Id, error: Error, now: Instant) {
        let Some(gone) = self.pool.remove(id) else {
            return;
        };
        if gone.has_served {
            self.not_before = None;
            return;
        }
        let is_repeated = self.series.fail();
        self.not_before = gone.pause.end();
        let is_early = self.not_before.is_none_or(|earliest| now < earliest);
        if is_repeated && is_early && self.pool.is_empty() {
            self.fail(error);
        }
    }

    /// The task of an attempt or a connection was stopped from outside: nobody may count on another.
    pub(in crate::channel) fn stopped(&mut self, id: Id, error: &Error) {
        let was_open = self.pool.remove(id).is_some();
        let was_attempt = self.attempt.take_if(|attempt| attempt.id == id).is_some();
        if (was_open || was_attempt) && self.pool.is_empty() {
            self.is_wanted = false;
            self.failure = None;
            self.queue.fail_all(error);
        }
    }

    /// The network is back: the next attempt need not wait (D-25).
    pub(in crate::channel) fn reset_backoff(&mut self, now: Instant) {
        self.series.restart();
        self.not_before = None;
        if let Some(attempt) = &self.attempt {
            attempt.due.send_replace(now);
        }
    }

    fn fail(&mut self, error: Error) {
        self.is_wanted = false;
        self.queue.fail_impatient(&error);
        self.failure = Some(error);
    }

    fn take_attempt(&mut self, id: Id) -> Option<Pause> {
        let attempt = self.attempt.take_if(|attempt| attempt.id == id)?;
        attempt.pause
    }
}

/// Whether the server accepted a connection, and then ended it.
fn was_accepted(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Closed | Kind::Lost | Kind::GoAway { .. }
    )
}
