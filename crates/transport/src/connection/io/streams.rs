//! Whose stream a frame belongs to, how many frames its reader is behind, and how much more the server may send.
//!
//! hyper tells nobody which id a request got. They are given in order, so the n-th request is stream 2n - 1, counted
//! from when hyper makes its HEADERS. A call that was cancelled before that, or handed back, has no number; one that h2
//! refuses then has.
//!
//! Looking one up costs no hash for the youngest 256. A stream leaves when the server ended it; those that this side
//! gave up leave when the row has moved on, because frames may still come for them.

use std::{collections::VecDeque, fmt, sync::Arc, task::Waker};

use super::{
    governor::{Governor, Grant},
    head::{DATA, Head},
    ids::ById,
    watch::{Fate, Reader, SMALL, Watch},
    window::Window,
};

/// How many of the youngest streams stand in a row.
const ROW: usize = 256;
/// After how many that left the row it is looked whether older ones are gone, at least.
const MANY: usize = 64;

/// Frames are counted modulo this.
const COUNTED: u32 = 1 << 31;

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
    old: ById<Open>,
    /// How many leave the row until it is looked for those that are gone.
    sweep: usize,
    /// How far readers may be behind.
    limits: FrameLimits,
    /// Woken by a reader that is behind and has nothing to read.
    asks: Waker,
    /// Those of which more wait.
    flooded: Vec<(u32, Arc<dyn Reader>)>,
    /// `None` if the windows are h2's.
    governor: Option<Governor>,
}

/// How many DATA frames of one stream may wait to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) struct FrameLimits {
    /// From so many on, small ones are gathered.
    pub(in crate::connection) single: u32,
    /// With more than these its call ends.
    pub(in crate::connection) all: u32,
}

impl FrameLimits {
    /// As many as come.
    #[cfg(test)]
    pub(in crate::connection) const ANY: Self = Self {
        single: u32::MAX,
        all: u32::MAX,
    };
}

/// One that the server may send on.
struct Open {
    /// The call, as who reads the response.
    reader: Arc<dyn Reader>,
    /// How many DATA frames h2 was given.
    frames: u32,
    /// How far the server may run ahead, if that is decided here.
    window: Window,
}

impl Streams {
    /// Without a stream.
    ///
    /// The first stream will be 1. Readers that are behind wake `asks`.
    pub(super) fn new(limits: FrameLimits, governor: Option<Governor>, asks: Waker) -> Self {
        Self {
            row: VecDeque::new(),
            first: 1,
            old: ById::default(),
            sweep: MANY,
            limits,
            asks,
            flooded: Vec::new(),
            governor,
        }
    }

    /// A request gets its stream, and this id.
    pub(super) fn open(&mut self, reader: Arc<dyn Reader>) -> u32 {
        if self.row.len() == ROW {
            self.shift();
        }
        let stream = self.next();
        let window = match &mut self.governor {
            Some(governor) => governor.open(stream, &*reader),
            None => Window::default(),
        };
        let frames = 0;
        self.row.push_back(Some(Open {
            reader,
            frames,
            window,
        }));
        stream
    }

    /// The id of the stream that is opened next.
    fn next(&self) -> u32 {
        let row = u32::try_from(self.row.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(row.saturating_mul(2))
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
    fn get(&self, stream: u32) -> Option<&Open> {
        match self.place(stream) {
            Some(place) => self.row.get(place)?.as_ref(),
            None => self.old.get(&stream),
        }
    }

    /// The same, to be changed, and what decides on its window.
    fn get_mut(&mut self, stream: u32) -> Option<(&mut Open, Option<&mut Governor>)> {
        let open = match self.place(stream) {
            Some(place) => self.row.get_mut(place)?.as_mut(),
            None => self.old.get_mut(&stream),
        };
        Some((open?, self.governor.as_mut()))
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
        self.limits.all
    }

    /// Counts a DATA frame that h2 is given; tells how many wait now.
    #[inline]
    fn count(&mut self, stream: u32) -> Option<u32> {
        let (open, _) = self.get_mut(stream)?;
        Some(open.count())
    }

    /// A DATA frame has come from the server. If h2 is given it, tells how many wait now.
    #[inline]
    fn arrive(&mut self, head: &Head, fate: Fate) -> Option<u32> {
        let (open, governor) = self.get_mut(head.stream)?;
        if let Some(governor) = governor {
            // Whatever becomes of it here: it is what was on its way that counts.
            governor.count(&*open.reader, &mut open.window, head.length);
        }
        (fate == Fate::Kept).then(|| open.count())
    }
}

impl Streams {
    /// Many frames wait: tells for whom, if more of them had better be kept back.
    #[cold]
    fn many(&mut self, head: &Head, waiting: u32) -> Option<Arc<dyn Reader>> {
        self.check(head.stream, waiting);
        let is_small = head.is_plain_data() && head.length <= SMALL && !head.ends_stream();
        let open = self.get(head.stream).filter(|_| is_small)?;
        if open.is_gone() {
            return None;
        }
        open.reader.keep_back(&self.asks);
        Some(open.reader.clone())
    }

    /// Takes a stream out of which more frames wait than may.
    fn check(&mut self, stream: u32, waiting: u32) {
        if waiting > self.limits.all
            && let Some(open) = self.remove(stream)
        {
            self.flooded.push((stream, open.reader));
        }
    }
}

/// How much more the server may send. Three look whether something can be granted: a reader that has taken much, the
/// walker when it sees padding, and a new stream. The io takes what was granted when it next writes.
impl Streams {
    /// Grants a stream what it can be granted; tells whether that is something.
    ///
    /// One that the server has ended, or nobody reads, gets nothing.
    pub(super) fn grant(&mut self, stream: u32) -> bool {
        let Some((open, Some(governor))) = self.get_mut(stream) else {
            return false;
        };
        let is_gone = open.reader.is_gone();
        !is_gone && governor.grant(stream, &mut open.window, open.reader.given_back())
    }

    /// Whether something was granted and not told yet.
    pub(super) fn has_grants(&self) -> bool {
        self.governor.as_ref().is_some_and(Governor::has_grants)
    }

    /// Takes what was granted and not told yet, of the streams up to this id. The others are not open.
    pub(super) fn next_grant(&mut self, opened: u32) -> Option<Grant> {
        loop {
            let grant = self.governor.as_mut()?.take(opened)?;
            // Nobody wants what is granted to one that ended meanwhile.
            if self.get(grant.stream).is_some_and(|open| !open.is_gone()) {
                return Some(grant);
            }
        }
    }
}

impl Watch for Streams {
    #[inline]
    fn frame(&mut self, head: &Head, fate: Fate) -> Option<Arc<dyn Reader>> {
        let mut behind = None;
        if head.kind == DATA
            && let Some(waiting) = self.arrive(head, fate)
            && waiting >= self.limits.single
        {
            behind = self.many(head, waiting);
        }
        if head.ends_stream() {
            self.remove(head.stream);
        }
        behind
    }

    fn padding(&mut self, stream: u32, bytes: usize) {
        if let Some((open, Some(_))) = self.get_mut(stream)
            && open.reader.give_back(bytes)
        {
            self.grant(stream);
        }
    }

    fn given(&mut self, stream: u32) {
        if let Some(waiting) = self.count(stream) {
            self.check(stream, waiting);
        }
    }

    fn is_behind(&self, stream: u32) -> bool {
        let open = self.get(stream);
        open.is_some_and(|open| open.waiting() > self.limits.single / 2 && !open.is_gone())
    }
}

impl Open {
    /// Counts a frame that h2 is given; tells how many wait now.
    fn count(&mut self) -> u32 {
        self.frames = self.frames.wrapping_add(1);
        self.waiting()
    }

    /// How many frames wait to be read.
    fn waiting(&self) -> u32 {
        let waiting = self.frames.wrapping_sub(self.reader.taken()) % COUNTED;
        // More cannot have been taken than came; but if it were so, no call should end for it.
        if waiting < COUNTED / 2 { waiting } else { 0 }
    }

    /// Whether nobody reads it: the call is over on this side.
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

#[cfg(test)]
mod tests;
