//! The open connections of an endpoint, and whose streams are taken.
//!
//! A stream is lent: [`Pool::take`] gives it as a [`Grant`], and whoever has it gives it back with the [`Fate`] of its
//! request. A connection that takes no more requests leaves the pool at once; its streams go on, and are still counted here
//! until the last of them is over.

use std::{mem, time::Duration};

use tokio::time::Instant;

use super::{doubt::Record, ends::End, fate::Fate};
use crate::{Error, connection::Pulse};

/// How many streams a connection opens before another takes its place: three quarters of HTTP/2's.
const STREAMS: u32 = (1 << 30) / 4 * 3;

/// The connections that take requests, oldest first, and how many of their streams are taken (A-116, G-70).
///
/// `S` is what sends over a connection.
#[derive(Debug)]
pub(super) struct Pool<S> {
    /// How many of them calls are spread over.
    spread: usize,
    /// Those that take requests, oldest first: the position decides which ones calls are spread over.
    connections: Vec<Open<S>>,
    /// Those that left, as long as it is open what they came to.
    leaving: Vec<Leaving>,
}

/// A connection that takes no more requests, and had no answer when it left.
///
/// The answer may yet come: it may stand in the same read as the GOAWAY behind it.
#[derive(Debug)]
pub(super) struct Leaving {
    /// Its number while it took requests.
    id: Id,
    /// Its streams that are not over.
    taken: usize,
    /// Unknown until its task tells it.
    end: Option<End>,
    /// Why it left; replaced by what its task says, which knows better.
    pub(super) error: Error,
    /// When the next may be made, if this one came to nothing.
    pub(super) pause: Pause,
    /// Whether it left before its pause was over.
    pub(super) is_early: bool,
}

impl Leaving {
    /// Notes how it ended. The first who knows counts.
    pub(super) fn end(&mut self, end: End, error: Error) {
        if self.end.is_none() {
            self.end = Some(end);
            self.error = error;
        }
    }
}

/// A connection that takes requests.
#[derive(Debug)]
pub(super) struct Open<S> {
    /// By which its task and its streams name it.
    pub(super) id: Id,
    /// Cloned into each lease.
    pub(super) service: S,
    /// How many streams the server allows.
    pub(super) streams: usize,
    /// How many of them are taken.
    pub(super) taken: usize,
    /// How many more it may ever open.
    pub(super) left: u32,
    /// Whether a response ever came.
    pub(super) has_served: bool,
    /// When the next may be made, should this one come to nothing.
    pub(super) pause: Pause,
    /// How often it was read: a connection that reads is alive.
    pub(super) pulse: Pulse,
    /// What speaks against it.
    pub(super) record: Record,
}

/// The number of an attempt, and of the connection that came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) u64);

/// What lies between the start of an attempt and that of the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    /// When the attempt started.
    pub(super) started: Instant,
    /// How long the next has to wait from then on.
    pub(super) length: Duration,
}

impl Pause {
    /// `None` if the clock cannot express it.
    pub(super) fn end(self) -> Option<Instant> {
        self.started.checked_add(self.length)
    }

    /// The same, but no longer than that.
    pub(super) fn at_most(self, length: Duration) -> Self {
        Self {
            length: self.length.min(length),
            ..self
        }
    }
}

/// One stream of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant<S> {
    /// The connection.
    pub(super) id: Id,
    /// What sends the one request.
    pub(super) service: S,
    /// Whether the connection had not served any call when this was given.
    pub(super) is_first: bool,
    /// Whether calls ran on it.
    pub(super) is_beside_others: bool,
    /// How often it had read by then.
    pub(super) reads: u64,
}

/// How a connection stands when a stream of it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Nothing speaks against it that did not before.
    Well,
    /// It is not doubted any more.
    WellAgain,
    /// It has to be looked at whether it is doubted.
    Badly,
    /// It takes no more requests.
    Left,
}

/// Which connections are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that nothing speaks against.
    Trusted,
    /// Those too that are doubted.
    Any,
}

impl<S> Open<S> {
    /// A connection that opened no stream yet.
    pub(super) fn new(id: Id, service: S, streams: usize, pause: Pause, pulse: Pulse) -> Self {
        Self {
            id,
            service,
            streams,
            taken: 0,
            left: STREAMS,
            has_served: false,
            pause,
            pulse,
            record: Record::default(),
        }
    }

    /// Whether nothing speaks against it.
    fn is_trusted(&self) -> bool {
        self.record.is_trusted(self.pulse.reads())
    }

    /// Whether it is one of those.
    fn is_good_enough(&self, which: Which) -> bool {
        which == Which::Any || self.is_trusted()
    }
}

impl<S: Clone> Pool<S> {
    /// Without connections yet; calls will be spread over the first so many.
    pub(super) fn new(spread: usize) -> Self {
        Self {
            spread,
            connections: Vec::new(),
            leaving: Vec::new(),
        }
    }

    /// How many take requests, doubted ones among them.
    pub(super) fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether none takes requests.
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// How many are trusted.
    pub(super) fn trusted(&self) -> usize {
        self.connections
            .iter()
            .filter(|open| open.is_trusted())
            .count()
    }

    /// Whether one of them has served a call, and nothing speaks against it.
    pub(super) fn has_served(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.any(|open| open.has_served && open.is_trusted())
    }

    /// Takes out those that are doubted.
    pub(super) fn retire_doubted(&mut self) {
        self.connections.retain(Open::is_trusted);
    }

    /// Adds the youngest.
    pub(super) fn push(&mut self, connection: Open<S>) {
        self.connections.push(connection);
    }

    /// Takes a stream: among the first connections of that with the fewest, else of the oldest that has one.
    ///
    /// One that gives its last leaves.
    pub(super) fn take(&mut self, which: Which) -> Option<Grant<S>> {
        let spread = self.spread;
        let (_, open) = self
            .connections
            .iter_mut()
            .enumerate()
            .filter(|(_, open)| open.taken < open.streams && open.is_good_enough(which))
            .min_by_key(|(position, open)| match position.checked_sub(spread) {
                None => (0, open.taken),
                Some(behind) => (1, behind),
            })?;
        open.taken += 1;
        open.left -= 1;
        let (id, is_last) = (open.id, open.left == 0);
        let grant = Grant {
            id,
            service: open.service.clone(),
            is_first: !open.has_served,
            is_beside_others: open.taken > 1,
            reads: open.pulse.reads(),
        };
        if is_last {
            self.remove(id);
        }
        Some(grant)
    }

    /// A stream is over. Tells how its connection stands after that.
    pub(super) fn give_back(&mut self, id: Id, fate: Fate) -> Stands {
        if let Some(open) = self.find(id) {
            open.taken -= 1;
            return match fate {
                Fate::Answered if open.record.answered() => Stands::WellAgain,
                Fate::Nothing | Fate::Answered => Stands::Well,
                Fate::Refused | Fate::Unanswered { .. } => Stands::Badly,
            };
        }
        if let Some(leaving) = self.find_leaving(id) {
            leaving.taken -= 1;
        }
        Stands::Left
    }

    /// The server allows another number of streams. If that is less than are open, they come to their end.
    pub(super) fn set_streams(&mut self, id: Id, streams: usize) {
        if let Some(open) = self.find(id) {
            open.streams = streams;
        }
    }

    /// A response came. Tells whether it was the connection's first.
    pub(super) fn served(&mut self, id: Id) -> bool {
        if let Some(open) = self.find(id) {
            return !mem::replace(&mut open.has_served, true);
        }
        let before = self.leaving.len();
        self.leaving.retain(|leaving| leaving.id != id);
        self.leaving.len() < before
    }

    /// A connection takes no more requests. It is kept in mind if it had no answer.
    pub(super) fn leave(&mut self, id: Id, error: &Error, now: Instant) -> Option<Open<S>> {
        let open = self.remove(id)?;
        if !open.has_served {
            self.leaving.push(Leaving {
                id,
                taken: open.taken,
                end: None,
                error: error.clone(),
                pause: open.pause,
                is_early: open.pause.end().is_none_or(|end| now < end),
            });
        }
        Some(open)
    }

    /// Takes out what left and can come to nothing more: it ended, and its streams are over.
    pub(super) fn settle(&mut self, id: Id) -> Option<(Leaving, End)> {
        let mut leaving = self.leaving.iter();
        let position = leaving.position(|leaving| leaving.id == id && leaving.taken == 0)?;
        let end = self.leaving[position].end?;
        Some((self.leaving.remove(position), end))
    }

    /// Forgets a connection.
    pub(super) fn forget(&mut self, id: Id) -> Option<Open<S>> {
        self.leaving.retain(|leaving| leaving.id != id);
        self.remove(id)
    }

    /// Takes out one that takes requests; what it had lent is not called back.
    fn remove(&mut self, id: Id) -> Option<Open<S>> {
        let mut connections = self.connections.iter();
        let position = connections.position(|open| open.id == id)?;
        Some(self.connections.remove(position))
    }

    /// Forgets them all: they end when their last call does.
    pub(super) fn clear(&mut self) {
        self.connections.clear();
        self.leaving.clear();
    }

    /// Whether it takes requests.
    pub(super) fn has(&self, id: Id) -> bool {
        self.connections.iter().any(|open| open.id == id)
    }

    /// One that has left, as long as it is open what it came to.
    pub(super) fn find_leaving(&mut self, id: Id) -> Option<&mut Leaving> {
        self.leaving.iter_mut().find(|leaving| leaving.id == id)
    }

    /// One that takes requests.
    pub(super) fn find(&mut self, id: Id) -> Option<&mut Open<S>> {
        self.connections.iter_mut().find(|open| open.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(streams: &[usize]) -> Pool<usize> {
        spread_over(1, streams)
    }

    fn spread_over(spread: usize, streams: &[usize]) -> Pool<usize> {
        let mut pool = Pool::new(spread);
        for (service, &streams) in streams.iter().enumerate() {
            let pause = Pause {
                started: Instant::now(),
                length: Duration::ZERO,
            };
            pool.push(Open::new(
                Id(service as u64),
                service,
                streams,
                pause,
                Pulse::default(),
            ));
        }
        pool
    }

    /// The connections that the next streams are of.
    fn taken(pool: &mut Pool<usize>, count: usize) -> Vec<Option<usize>> {
        let take = |_| pool.take(Which::Trusted).map(|grant| grant.service);
        (0..count).map(take).collect()
    }

    #[test]
    fn the_oldest_with_a_free_stream_is_taken() {
        // A-116, G-70
        let mut pool = pool(&[1, 2]);
        assert_eq!(taken(&mut pool, 4), [Some(0), Some(1), Some(1), None]);
        pool.give_back(Id(1), Fate::Answered);
        pool.give_back(Id(0), Fate::Answered);
        assert_eq!(taken(&mut pool, 3), [Some(0), Some(1), None]);
    }

    #[test]
    fn calls_are_spread_over_the_first_and_then_go_to_the_oldest() {
        // G-70
        let mut pool = spread_over(2, &[3, 2, 2, 2]);
        let first = [0, 1, 0, 1, 0].map(Some);
        assert_eq!(taken(&mut pool, 5), first);
        assert_eq!(
            taken(&mut pool, 5),
            [Some(2), Some(2), Some(3), Some(3), None]
        );
        for id in [3, 0, 0, 1] {
            pool.give_back(Id(id), Fate::Answered);
        }
        // 1 of 3 and 1 of 2: the older one; then 2 and 1; then 2 and 2.
        assert_eq!(taken(&mut pool, 4), [Some(0), Some(1), Some(0), Some(3)]);
    }

    #[test]
    fn a_grant_tells_whether_it_is_beside_others() {
        let mut pool = spread_over(2, &[2, 2]);
        let is_beside = |pool: &mut Pool<usize>| pool.take(Which::Any).unwrap().is_beside_others;
        assert_eq!([(); 3].map(|()| is_beside(&mut pool)), [false, false, true]);
    }

    #[test]
    fn the_limit_moves_both_ways() {
        //
        let mut pool = pool(&[3]);
        taken(&mut pool, 3);
        pool.set_streams(Id(0), 1);
        for _ in 0..2 {
            pool.give_back(Id(0), Fate::Answered);
            assert_eq!(pool.take(Which::Trusted), None);
        }
        pool.give_back(Id(0), Fate::Answered);
        assert_eq!(taken(&mut pool, 2), [Some(0), None]);
        pool.set_streams(Id(0), 2);
        assert_eq!(taken(&mut pool, 2), [Some(0), None]);
    }

    #[test]
    fn a_stream_of_a_connection_that_left_is_nobodys() {
        let mut pool = pool(&[1, 1]);
        taken(&mut pool, 2);
        assert_eq!(pool.remove(Id(0)).map(|open| open.service), Some(0));
        assert!(pool.remove(Id(0)).is_none());
        pool.give_back(Id(0), Fate::Answered);
        assert_eq!(pool.take(Which::Trusted), None);
        pool.give_back(Id(1), Fate::Answered);
        assert_eq!(taken(&mut pool, 1), [Some(1)]);
    }

    #[test]
    fn a_connection_leaves_before_its_streams_run_out() {
        //
        let mut pool = pool(&[usize::MAX, 1]);
        pool.connections[0].left = 2;
        assert_eq!(taken(&mut pool, 4), [Some(0), Some(0), Some(1), None]);
        assert_eq!(pool.len(), 1);
    }

    #[test]
    fn a_grant_tells_whether_its_connection_has_proved_itself() {
        // T-19
        let mut pool = pool(&[3]);
        assert!(pool.take(Which::Trusted).unwrap().is_first);
        pool.served(Id(0));
        assert!(!pool.take(Which::Trusted).unwrap().is_first);
    }
}
