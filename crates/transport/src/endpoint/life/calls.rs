//! The part of [`Life`] that calls see: their place in the queue, the stream they get, and what their end says of it.
//!
//! A call that comes back unsent or unprocessed is admitted again with the ticket it had, so that those who came later do
//! not pass it by.

use tokio::time::Instant;

use super::{Admission, Life};
use crate::endpoint::{
    fate::Fate,
    pool::{Id, Stands, Which},
    queue::{Patience, Ticket},
};

/// After so many connections in a row that served nobody, a call is not sent again to find the next.
const BARREN: u32 = 5;

/// Calls.
impl<S: Clone> Life<S> {
    /// A call wants to send. It is not failed here: whether there is another server for it is not known.
    ///
    /// A free stream goes to it at once; else it waits, or is handed back with the reason why waiting is of no use.
    pub(in crate::endpoint) fn admit(
        &mut self,
        ticket: Ticket,
        patience: Patience,
    ) -> Admission<S> {
        if let Some(error) = &self.closed {
            return Admission::HandedBack(error.clone());
        }
        // Nobody is passed by: a stream is free only while nobody waits.
        if let Some(grant) = self.pool.take(Which::Trusted) {
            self.note_granted(grant.is_beside_others);
            return Admission::Granted(grant);
        }
        let reason = match &self.elsewhere {
            Some(_) if self.is_ready() => None,
            Some(reason) => Some(self.failure.as_ref().unwrap_or(reason)),
            None if patience == Patience::FailFast => self.failure.as_ref(),
            None => None,
        };
        match reason {
            Some(reason) => Admission::HandedBack(reason.clone()),
            None => Admission::Queued(self.queue.push(ticket, patience)),
        }
    }

    /// Whether calls should have one more connection to spread over, and none is being made.
    pub(in crate::endpoint) fn is_crowded(&self) -> bool {
        self.is_crowded && self.attempt.is_none() && self.is_narrow()
    }

    /// A call has a stream. If that is beside others, though it was the emptiest, there may be one more connection.
    ///
    /// Not if it is beside what is not counted: with fewer calls than connections, not all of them have one.
    fn note_granted(&mut self, is_beside_others: bool) {
        self.is_crowded |= is_beside_others && self.is_narrow() && self.have_all_calls();
        self.running += 1;
    }

    /// Whether there are as many calls as connections, without what is not counted.
    fn have_all_calls(&self) -> bool {
        self.running.saturating_sub(self.uncounted) >= self.pool.trusted()
    }

    /// Whether there are fewer connections than calls should be spread over.
    fn is_narrow(&self) -> bool {
        let wanted = self.options.connections;
        wanted > 1 && self.pool.trusted() < wanted
    }

    /// A call waits no longer.
    pub(in crate::endpoint) fn leave(&mut self, ticket: Ticket, now: Instant) {
        self.queue.remove(ticket);
        self.note_quiet(now);
    }

    /// A call is over, or was never sent on the stream it got. Tells whether that is news for the endpoint.
    ///
    /// The clock is asked only if the time matters.
    pub(in crate::endpoint) fn release(
        &mut self,
        id: Id,
        fate: Fate,
        clock: impl Fn() -> Instant,
    ) -> bool {
        self.running -= 1;
        let is_news = match self.pool.give_back(id, fate) {
            Stands::Well => false,
            Stands::WellAgain => true,
            Stands::Badly => self.look_at(id, fate, clock()),
            Stands::Left => self.settle(id, clock()),
        };
        if !self.queue.is_empty() {
            self.serve_queue(clock());
        }
        if self.running == 0 && self.queue.is_empty() {
            self.quiet_since = Some(clock());
        }
        is_news
    }

    /// A connection gave its first response, which may come to light after it left.
    pub(in crate::endpoint) fn served(&mut self, id: Id, now: Instant) {
        if self.pool.served(id) {
            self.series.prove();
            self.hasten(now);
        }
    }

    /// Whether what comes back is worth another connection: one that is there has served, or not all of the last ones
    /// served nobody (C-31).
    pub(in crate::endpoint) fn is_hopeful(&self) -> bool {
        self.series.barren() < BARREN || self.pool.has_served()
    }

    /// Hands free streams to those who wait.
    pub(super) fn serve_queue(&mut self, now: Instant) {
        let which = self.good_enough(now);
        while !self.queue.is_empty()
            && let Some(grant) = self.pool.take(which)
        {
            let is_beside_others = grant.is_beside_others;
            match self.queue.give(grant) {
                Ok(()) => self.note_granted(is_beside_others),
                Err(grant) => {
                    self.pool.give_back(grant.id, Fate::Nothing);
                }
            }
        }
    }

    /// If no call is left, the idle timeout begins anew.
    pub(super) fn note_quiet(&mut self, now: Instant) {
        if self.running == 0 && self.queue.is_empty() {
            self.quiet_since = Some(now);
        }
    }
}
