use std::{hash::Hasher, sync::Arc};

use http::HeaderName;
use twox_hash::XxHash64;
use ziggurat_transport::{Error, channel::State};

use super::ring::Ring;
use crate::policy::{Call, Key, Pick, Picker, Subchannel};

/// A ring, and how its servers stand.
///
/// Servers are hashed when the ring is made; a call hashes its header, which is a few nanoseconds, and finds its place by
/// halves. Only where servers have failed does it go further than to the first.
pub(super) struct RingPicker {
    ring: Arc<Ring>,
    header: HeaderName,
    /// In the order of the list.
    standings: Box<[Standing]>,
    is_connecting: bool,
}

/// How a server stands.
struct Standing {
    key: Key,
    state: State,
    error: Option<Error>,
}

impl RingPicker {
    pub(super) fn new(ring: Arc<Ring>, header: HeaderName, subchannels: &[Subchannel]) -> Self {
        let standings = subchannels.iter().map(|one| Standing {
            key: one.key(),
            state: one.reported(),
            error: one.error().cloned(),
        });
        let standings: Box<[Standing]> = standings.collect();
        let is_connecting = |one: &Standing| one.state == State::Connecting;
        Self {
            ring,
            header,
            is_connecting: standings.iter().any(is_connecting),
            standings,
        }
    }

    /// The servers from this hash on, some of them often.
    fn from(&self, hash: u64) -> impl Iterator<Item = &Standing> {
        let places = self.ring.from(hash);
        places.map(|place| &self.standings[place])
    }

    /// A call with a hash of its own: the first server that has not failed is to have it, and it waits for that (G-57).
    ///
    /// | from the hash on, the first is | the call |
    /// |---|---|
    /// | ready | goes there |
    /// | idle | waits, and it connects |
    /// | connecting | waits |
    /// | failed | is as if that were not there; if all have failed, it fails with the error of the first |
    ///
    /// So a call never goes elsewhere for mere impatience: whoever has its cache is waited for.
    fn by_hash(&self, hash: u64) -> Pick {
        let mut standings = self.from(hash);
        match standings.find(|one| one.state != State::TransientFailure) {
            Some(one) if one.state == State::Ready => Pick::Use(one.key),
            Some(one) if one.state == State::Idle => Pick::Connect(one.key),
            Some(_) => Pick::Queue,
            None => self.failure(hash),
        }
    }

    /// A call that may go anywhere: it waits for nobody if one is ready, and wakes one of those that are idle on its way, if
    /// none connects already (G-56).
    fn anywhere(&self, hash: u64) -> Pick {
        let mut idle = None;
        for one in self.from(hash) {
            match (one.state, idle) {
                (State::Ready, None) => return Pick::Use(one.key),
                (State::Ready, Some(idle)) => return Pick::UseAndConnect(one.key, idle),
                (State::Idle, None) if !self.is_connecting => idle = Some(one.key),
                _ => {}
            }
        }
        match idle {
            Some(idle) => Pick::Connect(idle),
            None if self.is_connecting => Pick::Queue,
            None => self.failure(hash),
        }
    }

    /// All have failed.
    fn failure(&self, hash: u64) -> Pick {
        let error = self.from(hash).find_map(|one| one.error.as_ref());
        error.map_or(Pick::Queue, |error| Pick::Fail(error.clone()))
    }

    /// The hash of the header's values, with commas between them; `None` if there is nothing in them.
    fn hash(&self, call: &Call<'_>) -> Option<u64> {
        let mut values = call.header(&self.header);
        let first = values.next()?;
        let mut hasher = XxHash64::with_seed(0);
        hasher.write(first.as_bytes());
        let mut is_empty = first.is_empty();
        for value in values {
            hasher.write(b",");
            hasher.write(value.as_bytes());
            is_empty = false;
        }
        (!is_empty).then(|| hasher.finish())
    }
}

impl Picker for RingPicker {
    fn pick(&self, call: &Call<'_>) -> Pick {
        match self.hash(call) {
            Some(hash) => self.by_hash(hash),
            None => self.anywhere(fastrand::u64(..)),
        }
    }

    fn looks_at_calls(&self) -> bool {
        true
    }
}
