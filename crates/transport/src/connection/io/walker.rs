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
//! No byte is copied unless one before it was left out, or its reader is far [behind](super::backlog). What it remembers
//! between two reads is one head, what is kept back, and the ids of streams that were refused.

use std::mem;

use tokio::io::ReadBuf;

use super::{
    backlog::{Backlog, LONGEST, Which},
    head::{ACK, DATA, END_STREAM, GOAWAY, HEADERS, Head, Part, RST_STREAM, SETTINGS},
    spill::Spill,
    watch::{Fate, SMALL, Watch},
};

/// Follows the frames of what is read, and leaves out what h2 had better not see.
///
/// It looks at the nine bytes of each head, and changes DATA without padding alone, nothing of which HTTP/2 gives a
/// meaning: an empty frame that does not end its stream goes, and a small frame is put behind the one before it, if that
/// is of the same stream and both stand whole in what was read, or if many frames of its stream wait to be read. Flow
/// control counts payload, so it stays exact.
///
/// A head that is read in part is held back until the rest is there.
#[derive(Debug, Default)]
pub(super) struct Walker {
    /// The beginning of a head.
    head: [u8; Head::LEN],
    /// How many bytes of it are known.
    known: usize,
    /// Whether the last frame was DATA of a stream that goes on.
    goes_on: bool,
    /// How much of the payload of the frame at hand is still to come, and what becomes of it.
    left: usize,
    payload: Payload,
    /// Whose padding the next byte tells, which may come with the next read only.
    ///
    /// h2 gives the window for it back by itself, so who decides on windows must hear of it.
    padded: Option<u32>,
    /// Whether a header block has begun and not ended.
    is_in_block: bool,
    /// What is kept back, for readers that are far behind.
    backlog: Backlog,
    /// Whether some of them has asked for what is kept back of its stream.
    is_asked: bool,
    /// What h2 gets before what is read next.
    spill: Spill,
    /// The streams whose DATA is left out.
    refused: Vec<u32>,
    /// What the frame at hand says, and those before it that were not told yet.
    at_hand: News,
    news: News,
}

/// What becomes of the payload that is still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Payload {
    /// h2 gets it, where it is or moved to the front.
    #[default]
    Kept,
    /// It is not copied to where kept bytes go.
    Skipped,
    /// It is kept back, as that of this frame.
    Back(Head),
}

/// What hyper's client has to hear of, which nobody tells it (L-24). The later one goes before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::connection) enum News {
    /// Nothing that it has to hear of.
    #[default]
    None,
    /// SETTINGS, which may allow another number of streams.
    Settings,
    /// GOAWAY: no more requests may be given to h2.
    GoAway,
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
    /// What is held back of a head, which must stand before what is read next.
    pub(super) fn held(&self) -> &[u8] {
        &self.head[..self.known]
    }

    /// Whether more is to be expected: what was read ends in the middle of a frame, or with DATA of a stream that goes on.
    pub(super) fn expects_more(&self) -> bool {
        self.known > 0 || self.left > 0 || self.goes_on
    }

    /// Leaves out what is still to come of a stream's DATA, but for its end.
    ///
    /// Flow control does not hear of it: the stream's window is what it costs the connection's.
    pub(super) fn refuse(&mut self, stream: u32) {
        // What is kept back of it goes before its end.
        self.is_asked = true;
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

    /// Gives what h2 gets before anything more is read; tells whether there was something.
    #[inline]
    pub(super) fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        self.spill.is_on() && self.spill.give(buf)
    }

    /// A reader asks for what is kept back: it is given between two frames.
    pub(super) fn ask(&mut self, watch: &mut impl Watch) {
        self.is_asked = true;
        self.answer(watch);
    }

    /// Nothing more is read: gives all there is.
    pub(super) fn end(&mut self, watch: &mut impl Watch) {
        if self.is_between() {
            self.backlog.let_go(Which::All, &mut self.spill, watch);
        }
        self.spill.push(&self.head[..self.known]);
        self.known = 0;
    }

    /// What is read next has no room to stay in place: what is kept of it is to be given.
    pub(super) fn go_aside(&mut self) {
        self.spill.begin();
    }

    /// Goes over what was held back and what was read; tells how many bytes of it are kept, which come first.
    pub(super) fn walk(&mut self, all: &mut [u8], watch: &mut impl Watch) -> usize {
        self.known = 0;
        let mut bytes = Bytes {
            all,
            read: 0,
            kept: 0,
            open: None,
        };
        loop {
            if self.left > 0 || self.payload != Payload::Kept {
                self.payload(&mut bytes, watch);
            }
            if self.is_asked {
                self.answer(watch);
            }
            match self.next_head(&bytes) {
                Some(head) => self.frame(head, &mut bytes, watch),
                None => return bytes.kept,
            }
        }
    }

    /// Goes over the payload of the frame at hand, as far as it is there.
    fn payload(&mut self, bytes: &mut Bytes<'_>, watch: &mut impl Watch) {
        if self.padded.is_some() {
            self.see_padding(bytes, 0, watch);
        }
        match self.payload {
            Payload::Kept => self.left -= bytes.keep(self.left, &mut self.spill),
            Payload::Skipped => {
                self.left -= bytes.skip(self.left);
                if self.left == 0 {
                    self.payload = Payload::Kept;
                }
            }
            Payload::Back(head) => self.keep_back(&head, bytes, watch),
        }
    }

    /// Looks how long the padding is, which the first byte of the payload says, once that is there: so many bytes on.
    #[cold]
    fn see_padding(&mut self, bytes: &Bytes<'_>, ahead: usize, watch: &mut impl Watch) {
        if let Some(stream) = self.padded
            && let Some(length) = bytes.all.get(bytes.read + ahead)
        {
            self.padded = None;
            watch.padding(stream, 1 + usize::from(*length));
        }
    }

    /// The head that comes next, if it is there whole.
    #[inline]
    fn next_head(&mut self, bytes: &Bytes<'_>) -> Option<Head> {
        let rest = &bytes.all[bytes.read..];
        if let Some(head) = rest.first_chunk() {
            return Some(Head::parse(*head));
        }
        self.head[..rest.len()].copy_from_slice(rest);
        self.known = rest.len();
        None
    }

    /// Decides what becomes of a frame, begins with its payload, and says so to who counts.
    #[inline]
    fn frame(&mut self, head: Head, bytes: &mut Bytes<'_>, watch: &mut impl Watch) {
        self.goes_on = head.kind == DATA && !head.ends_stream();
        self.at_hand = News::None;
        let fate = if self.has_nothing_special() {
            bytes.place(&head, &self.spill)
        } else {
            self.place(&head, bytes, watch)
        };
        if head.is_padded_data() && fate == Fate::Kept {
            self.padded = Some(head.stream);
            self.see_padding(bytes, Head::LEN, watch);
        }
        self.left = match fate {
            // Nearly always it is there whole; its head is.
            Fate::Kept => Head::LEN + head.length,
            _ => head.length,
        };
        match fate {
            Fate::Kept | Fate::Merged => self.left -= bytes.keep(self.left, &mut self.spill),
            Fate::Dropped => self.payload = Payload::Skipped,
            Fate::Back => self.payload = Payload::Back(head),
        }
        if head.kind != DATA {
            self.note(&head);
        }
        if let Some(reader) = watch.frame(&head, fate) {
            self.backlog.begin(head.stream, reader);
        }
    }

    /// Notes what a frame says that is no DATA.
    #[inline]
    fn note(&mut self, head: &Head) {
        match head.kind {
            SETTINGS if head.flags & ACK == 0 => self.at_hand = News::Settings,
            GOAWAY => self.at_hand = News::GoAway,
            _ => match head.block() {
                Some(part) => self.is_in_block = part == Part::More,
                None => return,
            },
        }
        self.news = self.news.max(self.at_hand);
    }

    /// Whether frames are just placed, as nearly always.
    #[inline]
    fn has_nothing_special(&self) -> bool {
        !self.is_in_block && self.refused.is_empty() && self.backlog.is_empty()
    }

    /// Finds a place for a frame whose head is there, where that may need more.
    fn place(&mut self, head: &Head, bytes: &mut Bytes<'_>, watch: &mut impl Watch) -> Fate {
        if self.is_in_block {
            // h2 is to see whatever comes between.
            return bytes.pass();
        }
        if self.is_refused(head) {
            return bytes.cut(head, &mut self.spill);
        }
        if self.backlog.has(head.stream) {
            if head.is_plain_data() {
                bytes.open = None;
                bytes.skip(Head::LEN);
                return Fate::Back;
            }
            if matches!(head.kind, DATA | HEADERS | RST_STREAM) {
                self.backlog.end(head.stream, &mut self.spill, watch);
            }
        }
        bytes.place(head, &self.spill)
    }

    /// Whether a frame is DATA that nobody wants; the last of its stream ends the refusal.
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

/// What is kept back.
impl Walker {
    /// Keeps the payload back, as far as it is there.
    fn keep_back(&mut self, head: &Head, bytes: &mut Bytes<'_>, watch: &mut impl Watch) {
        let count = self.left.min(bytes.rest());
        let data = &bytes.all[bytes.read..][..count];
        self.backlog.push(head.stream, data, &mut self.spill, watch);
        bytes.skip(count);
        self.left -= count;
        if self.left == 0 {
            self.payload = Payload::Kept;
            self.backlog.finish(head, &mut self.spill, watch);
        }
    }

    /// Gives what readers have asked for, if that can be done now.
    fn answer(&mut self, watch: &mut impl Watch) {
        if self.is_between() {
            self.is_asked = false;
            self.backlog.let_go(Which::CaughtUp, &mut self.spill, watch);
        }
    }

    /// Whether h2 may get another frame here.
    fn is_between(&self) -> bool {
        !self.is_in_block && (self.left == 0 || self.payload != Payload::Kept)
    }
}

impl Bytes<'_> {
    /// How many bytes were not looked at yet.
    fn rest(&self) -> usize {
        self.all.len() - self.read
    }

    /// Keeps so many of the next bytes, or all there are; tells how many.
    #[inline]
    fn keep(&mut self, count: usize, spill: &mut Spill) -> usize {
        let count = count.min(self.rest());
        let next = self.read..self.read + count;
        if spill.is_on() {
            spill.push(&self.all[next]);
        } else {
            if self.read != self.kept {
                self.all.copy_within(next, self.kept);
            }
            self.kept += count;
        }
        self.read += count;
        count
    }

    /// Leaves out so many of the next bytes, or all there are; tells how many.
    fn skip(&mut self, count: usize) -> usize {
        let count = count.min(self.rest());
        self.read += count;
        count
    }

    /// Leaves a frame to be kept as it is, head and payload.
    #[inline]
    fn pass(&mut self) -> Fate {
        self.open = None;
        Fate::Kept
    }

    /// Leaves out a frame but for the end of its stream; the payload is left to be skipped.
    fn cut(&mut self, head: &Head, spill: &mut Spill) -> Fate {
        self.open = None;
        if head.ends_stream() {
            let end = Head {
                length: 0,
                flags: END_STREAM,
                ..*head
            };
            self.all[self.read..][..Head::LEN].copy_from_slice(&end.bytes());
            self.keep(Head::LEN, spill);
        } else {
            self.skip(Head::LEN);
        }
        Fate::Dropped
    }

    /// Lets a frame be kept, unless it is empty or can be put behind the one before it.
    #[inline]
    fn place(&mut self, head: &Head, spill: &Spill) -> Fate {
        if head.is_plain_data() {
            return self.place_data(head, spill);
        }
        self.pass()
    }

    /// The same for DATA, of which empty frames go and small ones are merged.
    fn place_data(&mut self, head: &Head, spill: &Spill) -> Fate {
        let is_last = head.ends_stream();
        if head.length == 0 && !is_last {
            self.skip(Head::LEN);
            return Fate::Dropped;
        }
        let is_whole = self.rest() - Head::LEN >= head.length;
        if is_whole && self.merge(head, spill) {
            return Fate::Merged;
        }
        self.open = (is_whole && !is_last).then_some((self.kept, *head));
        Fate::Kept
    }

    /// Puts a frame behind the one before it; only the payload is left to be kept.
    fn merge(&mut self, head: &Head, spill: &Spill) -> bool {
        let Some((at, open)) = &mut self.open else {
            return false;
        };
        let length = open.length + head.length;
        if open.stream != head.stream || head.length > SMALL || length > LONGEST || spill.is_on() {
            return false;
        }
        open.length = length;
        open.flags |= head.flags & END_STREAM;
        self.all[*at..][..Head::LEN].copy_from_slice(&open.bytes());
        if head.ends_stream() {
            self.open = None;
        }
        self.read += Head::LEN;
        true
    }
}

#[cfg(test)]
mod tests;
