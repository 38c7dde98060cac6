//! The walk over what was read: from head to head, in place.
//!
//! HTTP/2 lets a server cut its DATA as it likes, and h2 pays 256 bytes and a budget for each piece. What carries no
//! meaning is put right before h2 sees it.
//!
//! ```text
//!   read      HEADERS 1 | DATA 1 "la" | DATA 1 "" | DATA 1 "tte" | DATA 3 "m… (cut off)
//!   h2 gets   HEADERS 1 | DATA 1 "latte"                         | DATA 3 "m…
//! ```
//!
//! No byte is copied unless one before it was left out. What it remembers between two reads is one head, and the ids of
//! streams that were refused.

use std::mem;

use super::head::{ACK, DATA, END_STREAM, GOAWAY, Head, SETTINGS};

/// The longest frame that is put behind another one.
const SMALL: usize = 1024;
/// How long what comes of it may be: no peer may be forbidden to send as much.
const MERGED: usize = 16 * 1024;

/// Follows the frames of what is read, and leaves out what h2 had better not see.
///
/// It looks at the nine bytes of each head, and changes DATA without padding alone, nothing of which HTTP/2 gives a
/// meaning: an empty frame that does not end its stream goes, and a small frame is put behind the one before it, if that
/// is of the same stream and both stand whole in what was read. Flow control counts payload, so it stays exact.
///
/// A head that is read in part is held back until the rest is there, unless there is no room to do so.
#[derive(Debug, Default)]
pub(super) struct Walker {
    /// The beginning of a head.
    head: [u8; Head::LEN],
    /// How many bytes of it are known.
    known: usize,
    /// How many of these were passed on.
    passed: usize,
    /// How much of the payload of the frame at hand is still to come, and whether it is kept.
    left: usize,
    payload: Payload,
    /// The streams whose DATA is left out.
    refused: Vec<u32>,
    /// What the frame at hand says, and those before it that were not told yet.
    at_hand: News,
    news: News,
}

/// What becomes of the payload that is still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Payload {
    #[default]
    Kept,
    /// It is not copied to where kept bytes go.
    Skipped,
}

/// What hyper's client has to hear of, which nobody tells it (L-24). The later one goes before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::connection) enum News {
    #[default]
    None,
    /// SETTINGS, which may allow another number of streams.
    Settings,
    GoAway,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, if perhaps further to the front.
    Kept,
    /// Its payload went into the frame before it.
    Merged,
    /// Nothing of it is left, but perhaps the end of its stream.
    Dropped,
}

/// Hears of each frame, once its head is there.
pub(super) trait Watch {
    /// Comes once for each frame, before its payload is there.
    fn frame(&mut self, head: &Head, fate: Fate);
}

/// What was read, of which the first bytes are those that are kept.
struct Bytes<'a> {
    all: &'a mut [u8],
    /// How many of them were looked at.
    read: usize,
    /// How many stand at the beginning for h2; never more than were looked at.
    kept: usize,
    /// Where the last frame is, if something may be put behind it.
    open: Option<(usize, Head)>,
}

impl Walker {
    /// What is held back, which must stand before what is read next.
    pub(super) fn held(&self) -> &[u8] {
        &self.head[self.passed..self.known]
    }

    /// Gives up holding so many bytes back: they are passed on as they are.
    pub(super) fn let_go(&mut self, count: usize) {
        self.passed += count;
    }

    /// Leaves out what is still to come of a stream's DATA, but for its end.
    ///
    /// Flow control does not hear of it: the stream's window is what it costs the connection's.
    pub(super) fn refuse(&mut self, stream: u32) {
        self.refused.push(stream);
    }

    /// What was read and not yet taken.
    pub(super) fn news(&self) -> News {
        self.news
    }

    /// Takes what was read, once the frames that say so are there whole.
    pub(super) fn take_news(&mut self) -> News {
        if self.left > 0 && self.at_hand > News::None {
            return News::None;
        }
        mem::take(&mut self.news)
    }

    /// Goes over what was held back and what was read; tells how many bytes of it are kept, which come first.
    pub(super) fn walk(&mut self, all: &mut [u8], watch: &mut impl Watch) -> usize {
        self.known = self.passed;
        let mut bytes = Bytes {
            all,
            read: 0,
            kept: 0,
            open: None,
        };
        loop {
            self.left -= match self.payload {
                Payload::Kept => bytes.keep(self.left),
                Payload::Skipped => bytes.skip(self.left),
            };
            match self.next_head(&bytes) {
                Some(head) => self.frame(head, &mut bytes, watch),
                None => return bytes.kept,
            }
        }
    }

    /// The head that comes next, if it is there whole.
    #[inline]
    fn next_head(&mut self, bytes: &Bytes<'_>) -> Option<Head> {
        if self.passed == 0
            && let Some(head) = bytes.all[bytes.read..].first_chunk()
        {
            return Some(Head::parse(*head));
        }
        self.gather(bytes)
    }

    /// The same, where the head is read in parts.
    fn gather(&mut self, bytes: &Bytes<'_>) -> Option<Head> {
        let count = bytes.rest().min(Head::LEN - self.known);
        self.head[self.known..self.known + count]
            .copy_from_slice(&bytes.all[bytes.read..][..count]);
        self.known += count;
        (self.known == Head::LEN).then(|| Head::parse(self.head))
    }

    #[inline]
    fn frame(&mut self, head: Head, bytes: &mut Bytes<'_>, watch: &mut impl Watch) {
        let fate = if self.passed > 0 {
            bytes.open = None;
            bytes.keep(Head::LEN - self.passed);
            Fate::Kept
        } else if self.is_refused(&head) {
            bytes.cut(head)
        } else {
            bytes.place(head)
        };
        (self.known, self.passed) = (0, 0);
        self.left = head.length;
        self.payload = match fate {
            Fate::Kept | Fate::Merged => Payload::Kept,
            Fate::Dropped => Payload::Skipped,
        };
        self.at_hand = match head.kind {
            SETTINGS if head.flags & ACK == 0 => News::Settings,
            GOAWAY => News::GoAway,
            _ => News::None,
        };
        self.news = self.news.max(self.at_hand);
        watch.frame(&head, fate);
    }
}

impl Walker {
    fn is_refused(&mut self, head: &Head) -> bool {
        if self.refused.is_empty() || !self.refused.contains(&head.stream) {
            return false;
        }
        if head.ends_stream() {
            self.refused.retain(|stream| *stream != head.stream);
        }
        head.kind == DATA
    }
}

impl Bytes<'_> {
    fn rest(&self) -> usize {
        self.all.len() - self.read
    }

    /// Keeps so many of the next bytes, or all there are; tells how many.
    #[inline]
    fn keep(&mut self, count: usize) -> usize {
        let count = count.min(self.rest());
        if self.read != self.kept {
            self.all
                .copy_within(self.read..self.read + count, self.kept);
        }
        self.read += count;
        self.kept += count;
        count
    }

    /// Leaves out so many of the next bytes, or all there are; tells how many.
    fn skip(&mut self, count: usize) -> usize {
        let count = count.min(self.rest());
        self.read += count;
        count
    }

    /// Leaves out a frame but for the end of its stream; the payload is left to be skipped.
    fn cut(&mut self, head: Head) -> Fate {
        self.open = None;
        self.read += Head::LEN;
        if head.ends_stream() {
            let end = Head {
                length: 0,
                flags: END_STREAM,
                ..head
            };
            end.write(&mut self.all[self.kept..]);
            self.kept += Head::LEN;
        }
        Fate::Dropped
    }

    /// Finds a place for a frame whose head is there.
    #[inline]
    fn place(&mut self, head: Head) -> Fate {
        let is_whole = self.rest() - Head::LEN >= head.length;
        let end = head.flags & END_STREAM;
        if !head.is_plain_data() {
            self.open = None;
        } else if head.length == 0 && end == 0 {
            self.read += Head::LEN;
            return Fate::Dropped;
        } else if is_whole && self.merge(head, end) {
            return Fate::Merged;
        } else {
            self.open = (is_whole && end == 0).then_some((self.kept, head));
        }
        self.keep(Head::LEN);
        Fate::Kept
    }

    /// Puts a frame behind the one before it; only the payload is left to be kept.
    fn merge(&mut self, head: Head, end: u8) -> bool {
        let Some((at, open)) = &mut self.open else {
            return false;
        };
        let length = open.length + head.length;
        if open.stream != head.stream || head.length > SMALL || length > MERGED {
            return false;
        }
        open.length = length;
        open.flags |= end;
        open.write(&mut self.all[*at..]);
        if end != 0 {
            self.open = None;
        }
        self.read += Head::LEN;
        true
    }
}

#[cfg(test)]
mod tests;
