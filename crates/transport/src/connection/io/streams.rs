//! Whose stream a frame belongs to, and how many frames its reader is behind.
//!
//! hyper tells nobody which id a request got. They are given in order, so the n-th request is stream 2n - 1, counted
//! from when hyper makes its HEADERS. A call that was cancelled before that, or handed back, has no number.
//!
//! Looking one up costs no hash for the youngest 256. A stream leaves when the server ended it; those that this side
//! gave up leave when the row has moved on, because frames may still come for them.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use super::{
    head::{DATA, Head},
    walker::{Fate, Watch},
};

/// How many of the youngest streams stand in a row.
const ROW: usize = 256;
/// After how many that left the row it is looked whether older ones are gone, at least.
const MANY: usize = 64;

/// Whose stream it is.
pub(in crate::connection) trait Reader: fmt::Debug + Send + Sync {
    /// How many DATA frames it took.
    fn taken(&self) -> u32;

    /// Whether it takes no more.
    fn is_gone(&self) -> bool;

    /// Ends the call: more frames wait for it than are kept.
    fn flood(&self, limit: u32);
}

/// The streams of a connection, by their ids, as far as the server may send on them.
///
/// h2 gives the ids 1, 3, 5 … to the requests that hyper hands it, in their order. A stream goes when the server has
/// ended it, and some time after this side has.
pub(super) struct Streams {
    /// The youngest streams, which are most often asked for; `None` are those that went.
    row: VecDeque<Option<Open>>,
    /// The id of the first in the row.
    first: u32,
    /// Those that left the row while they were open.
    old: HashMap<u32, Open, BuildHasherDefault<IdHasher>>,
    /// How many leave the row until it is looked for those that are gone.
    sweep: usize,
    /// How many DATA frames of one stream may wait to be read.
    limit: u32,
    /// Those of which more wait.
    flooded: Vec<(u32, Arc<dyn Reader>)>,
}

/// One that the server may send on.
struct Open {
    reader: Arc<dyn Reader>,
    /// How many DATA frames h2 was given.
    frames: u32,
}

impl Streams {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            row: VecDeque::new(),
            first: 1,
            old: HashMap::default(),
            sweep: MANY,
            limit,
            flooded: Vec::new(),
        }
    }

    /// A request gets its stream.
    pub(super) fn open(&mut self, reader: Arc<dyn Reader>) {
        if self.row.len() == ROW {
            self.shift();
        }
        self.row.push_back(Some(Open { reader, frames: 0 }));
    }

    /// Takes the oldest out of the row.
    fn shift(&mut self) {
        if let Some(Some(open)) = self.row.pop_front()
            && !open.is_gone()
        {
            self.old.insert(self.first, open);
        }
        self.first = self.first.saturating_add(2);
        self.sweep -= 1;
        if self.sweep == 0 {
            self.old.retain(|_, open| !open.is_gone());
            self.sweep = self.old.len().max(MANY);
        }
    }

    /// The stream with this id, if it is there.
    fn get_mut(&mut self, stream: u32) -> Option<&mut Open> {
        match self.place(stream) {
            Some(place) => self.row.get_mut(place)?.as_mut(),
            None => self.old.get_mut(&stream),
        }
    }

    /// Takes a stream out; the row closes up behind it, so that it begins with one that is there.
    fn remove(&mut self, stream: u32) -> Option<Open> {
        let Some(place) = self.place(stream) else {
            return self.old.remove(&stream);
        };
        let open = self.row.get_mut(place)?.take();
        while let Some(None) = self.row.front() {
            self.shift();
        }
        open
    }

    /// Where in the row it is, or behind it; `None` if it is older.
    fn place(&self, stream: u32) -> Option<usize> {
        let distance = stream.checked_sub(self.first)?;
        // No stream of a request has an even id.
        Some(if distance % 2 == 0 {
            distance as usize / 2
        } else {
            ROW
        })
    }

    /// Those that are to be ended, once.
    pub(super) fn flooded(&mut self) -> impl Iterator<Item = (u32, Arc<dyn Reader>)> {
        self.flooded.drain(..)
    }

    /// What they are beyond.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// Counts a DATA frame that h2 is given.
    fn data(&mut self, stream: u32) {
        let limit = self.limit;
        let Some(open) = self.get_mut(stream) else {
            return;
        };
        open.frames = open.frames.wrapping_add(1);
        if open.waiting() > limit
            && let Some(open) = self.remove(stream)
        {
            self.flooded.push((stream, open.reader));
        }
    }
}

impl Watch for Streams {
    fn frame(&mut self, head: &Head, fate: Fate) {
        if head.kind == DATA && fate == Fate::Kept {
            self.data(head.stream);
        }
        if head.ends_stream() {
            self.remove(head.stream);
        }
    }
}

impl Open {
    /// How many frames wait to be read.
    fn waiting(&self) -> u32 {
        self.frames.wrapping_sub(self.reader.taken())
    }

    fn is_gone(&self) -> bool {
        Arc::strong_count(&self.reader) == 1 || self.reader.is_gone()
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("row", &self.row.len())
            .field("old", &self.old.len())
            .finish_non_exhaustive()
    }
}

/// Spreads ids, which no peer chooses.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
