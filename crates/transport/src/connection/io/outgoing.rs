//! The walk over what h2 writes: the windows of streams are not h2's to tell, but [ours](super::window).
//!
//! ```text
//!   h2 writes   SETTINGS window 8 MiB | HEADERS 1 | WINDOW_UPDATE 0 | WINDOW_UPDATE 1 | DATA 1
//!   goes out    SETTINGS window 25000 | HEADERS 1 | WINDOW_UPDATE 0 |                 | DATA 1
//! ```
//!
//! Ours are put in between two frames, behind the HEADERS of their stream: before them the stream is idle, and a server
//! ends a connection on which it is told of one; inside a header block nothing may stand. h2 believes that its own went
//! out, so its windows are at least as large as ours at any time, and it checks that no server sends without end.
//!
//! h2 is not asked where its frames begin; it is known from their heads, for whatever the stream has accepted. A write that
//! was accepted in part is followed as far as that.

use std::{io::IoSlice, mem};

use super::{
    governor::Grant,
    head::{ACK, Head, Part, SETTINGS, WINDOW_UPDATE},
    window::INITIAL,
};

/// What a client says before its first frame, in bytes: `PRI * HTTP/2.0` and so on.
const PREFACE: usize = 24;
/// A parameter of SETTINGS: two bytes of name, four of value.
const PARAMETER: usize = 6;
/// The name of the one that is changed.
const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];
/// A whole WINDOW_UPDATE, in bytes.
const UPDATE: usize = Head::LEN + 4;

/// Walks the frames that h2 writes, and finds what is ours to say: the windows of streams.
///
/// h2 writes a small frame in one piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing {
    /// How much is left of the frame, or of the preface.
    left: usize,
    /// A head of which a part has gone out, and how much of it.
    head: [u8; Head::LEN],
    seen: usize,
    /// Whether a header block goes on in the next frame.
    is_in_block: bool,
    /// The last stream whose HEADERS went out, zero at first. Those before it are open, or were.
    opened: u32,
}

/// What is to become of what h2 writes next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// All of it goes out as it is, so many bytes; then the walk stands there.
    All(usize, Outgoing),
    /// So many bytes go out as they are.
    First(usize),
    /// A WINDOW_UPDATE of a stream of so many bytes is left out.
    Omit(usize),
    /// SETTINGS of so many bytes go out [with another initial window](with_window).
    Settings(usize),
}

impl Outgoing {
    /// At the first byte of a connection.
    pub(super) fn new() -> Self {
        Self {
            left: PREFACE,
            head: [0; Head::LEN],
            seen: 0,
            is_in_block: false,
            opened: 0,
        }
    }

    /// What is to become of the beginning of these bytes. Looks only; what went out is to be [said](Self::passed).
    #[inline]
    pub(super) fn next(&self, slices: &[IoSlice<'_>]) -> Next {
        let mut walk = *self;
        let mut passed = 0;
        for slice in slices {
            let mut rest = &**slice;
            while let Some(frame) = walk.next_border(rest) {
                passed += rest.len() - frame.len();
                match walk.cut(frame) {
                    None => {}
                    Some(_) if passed > 0 => return Next::First(passed),
                    Some(cut) => return cut,
                }
                rest = walk.enter(frame);
                passed += frame.len() - rest.len();
            }
            passed += rest.len();
        }
        Next::All(passed, walk)
    }

    /// So many of these bytes went out.
    pub(super) fn passed(&mut self, slices: &[IoSlice<'_>], count: usize) {
        let mut count = count;
        for slice in slices {
            let mut rest = &slice[..slice.len().min(count)];
            count -= rest.len();
            while let Some(frame) = self.next_border(rest) {
                rest = self.enter(frame);
            }
        }
    }

    /// The last stream that was opened; `None` where no frame can be put in.
    pub(super) fn opened(&self) -> Option<u32> {
        (self.is_between_frames() && !self.is_in_block).then_some(self.opened)
    }

    /// Whether a head comes next, or the stream has all of the last frame.
    fn is_between_frames(&self) -> bool {
        self.left == 0 && self.seen == 0
    }

    /// Goes on to where a head begins, or goes on; `None` if that is not within these bytes.
    #[inline]
    fn next_border<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        if self.left >= bytes.len() {
            self.left -= bytes.len();
            return None;
        }
        let left = mem::take(&mut self.left);
        Some(&bytes[left..])
    }

    /// What is to become of a frame that begins here, if it does not go out as it is.
    #[inline]
    fn cut(&self, bytes: &[u8]) -> Option<Next> {
        let head = bytes.first_chunk().filter(|_| self.seen == 0)?;
        let head = Head::parse(*head);
        let length = Head::LEN + head.length;
        match head.kind {
            WINDOW_UPDATE if head.stream != 0 => Some(Next::Omit(length)),
            SETTINGS if head.flags & ACK == 0 => Some(Next::Settings(length)),
            _ => None,
        }
    }

    /// Passes a head, or what there is of it; returns what is behind it.
    #[inline]
    fn enter<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes.split_first_chunk() {
            Some((head, rest)) if self.seen == 0 => {
                self.begin(Head::parse(*head));
                rest
            }
            _ => self.gather(bytes),
        }
    }

    /// The same in a head that is written in parts.
    fn gather<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let count = (Head::LEN - self.seen).min(bytes.len());
        self.head[self.seen..][..count].copy_from_slice(&bytes[..count]);
        self.seen += count;
        if self.seen == Head::LEN {
            self.seen = 0;
            self.begin(Head::parse(self.head));
        }
        &bytes[count..]
    }

    /// A frame begins.
    #[inline]
    fn begin(&mut self, head: Head) {
        self.left = head.length;
        if let Some(part) = head.block() {
            self.is_in_block = part == Part::More;
            self.opened = self.opened.max(head.stream);
        }
    }
}

/// The same SETTINGS with our initial window. Once in the life of a connection: hyper sends SETTINGS at its start, and
/// more of them with its adaptive window only.
pub(super) fn with_window(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for parameter in frame[Head::LEN..].chunks_exact_mut(PARAMETER) {
        if parameter[..2] == INITIAL_WINDOW_SIZE {
            parameter[2..].copy_from_slice(&INITIAL.to_be_bytes());
        }
    }
    frame
}

/// The WINDOW_UPDATE that tells a grant.
pub(super) fn update(Grant { stream, bytes }: Grant) -> [u8; UPDATE] {
    let head = Head {
        length: 4,
        kind: WINDOW_UPDATE,
        flags: 0,
        stream,
    };
    let mut frame = [0; UPDATE];
    frame[..Head::LEN].copy_from_slice(&head.bytes());
    frame[Head::LEN..].copy_from_slice(&bytes.to_be_bytes());
    frame
}

/// The first of these bytes that lie in one piece, not more than so many. h2 writes the rest again.
pub(super) fn first<'a>(count: usize, slices: &'a [IoSlice<'_>]) -> IoSlice<'a> {
    let piece = slices.iter().find(|slice| !slice.is_empty());
    let piece: &[u8] = piece.map_or(&[], |piece| piece);
    IoSlice::new(&piece[..piece.len().min(count)])
}

#[cfg(test)]
mod tests;
