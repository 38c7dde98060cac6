//! A message as a codec reads it, and how it is collected.
//!
//! ```text
//! received   ┌── 16 KiB ──┐ ┌ 9 B ┐ ┌ 300 B ┐ ┌── 16 KiB ──┐
//! kept             as it came     ╰─ one segment ─╯     as it came
//! read       ◀───────────── one Buf, piece after piece ─────────────▶
//! ```
//!
//! A piece is a reference to what the connection read. A long one is worth that; a short one would
//! keep a whole buffer of the reader alive for a few bytes.

use std::{collections::VecDeque, mem};

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The bytes of one message, without prefix, in the pieces they were received in.
///
/// Codecs read it as a [`Buf`]. Most messages are one piece. Of others only what is asked for in one
/// piece is copied, so a large message is not copied before it is read.
///
/// ```
/// use bytes::Buf;
/// use ziggurat::protocol::frame::Message;
///
/// let mut message = Message::from(&b"latte macchiato"[..]);
/// assert_eq!(message.copy_to_bytes(5), "latte");
/// message.advance(1);
/// assert_eq!(message.into_bytes(), "macchiato");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Empty only if nothing is left.
    piece: Bytes,
    rest: Option<Box<Rest>>,
}

/// What is behind the first piece.
#[derive(Clone, Debug)]
struct Rest {
    /// None of them is empty.
    pieces: VecDeque<Bytes>,
    /// The sum of theirs in bytes, since codecs ask for what remains at each field.
    length: usize,
}

impl Message {
    /// All of it in one piece, which is copied only if it came in several.
    ///
    /// The copy has exactly the length of what is left.
    pub fn into_bytes(mut self) -> Bytes {
        self.copy_to_bytes(self.remaining())
    }

    /// A message of these pieces, none of which is empty.
    fn of(mut pieces: VecDeque<Bytes>) -> Self {
        let Some(piece) = pieces.pop_front() else {
            return Self::default();
        };
        let length = pieces.iter().map(Bytes::len).sum();
        let rest = (length > 0).then(|| Box::new(Rest { pieces, length }));
        Self { piece, rest }
    }

    /// What is left, as it was received.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        let rest = self.rest.iter().flat_map(|rest| &rest.pieces);
        [&self.piece].into_iter().chain(rest)
    }

    /// What is left, byte by byte: for comparisons.
    pub(super) fn bytes(&self) -> impl Iterator<Item = &u8> {
        self.pieces().flatten()
    }

    /// Leaves the first piece, and others that are passed over.
    fn advance_pieces(&mut self, mut count: usize) {
        while count >= self.piece.len()
            && let Some(rest) = &mut self.rest
        {
            count -= self.piece.len();
            self.piece = rest.pieces.pop_front().unwrap_or_default();
            rest.length -= self.piece.len();
            if rest.length == 0 {
                self.rest = None;
            }
        }
        self.piece.advance(count);
    }
}

impl Buf for Message {
    #[inline]
    fn remaining(&self) -> usize {
        self.piece.len() + self.rest.as_ref().map_or(0, |rest| rest.length)
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        &self.piece
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        if count < self.piece.len() || self.rest.is_none() {
            self.piece.advance(count);
        } else {
            self.advance_pieces(count);
        }
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        if self.rest.is_none() || length < self.piece.len() {
            return self.piece.split_to(length);
        }
        let mut copy = BytesMut::with_capacity(length);
        copy.put(self.take(length));
        copy.freeze()
    }
}

impl From<Bytes> for Message {
    fn from(piece: Bytes) -> Self {
        Self { piece, rest: None }
    }
}

impl From<&'static [u8]> for Message {
    fn from(piece: &'static [u8]) -> Self {
        Bytes::from_static(piece).into()
    }
}

/// Equal bytes are equal messages, wherever they were cut.
impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.remaining() == other.remaining() && self.bytes().eq(other.bytes())
    }
}

impl Eq for Message {}

/// A piece of at least so many bytes is kept as it is; a shorter one would keep much more memory than it fills.
const LARGE: usize = 8 * 1024;

/// So many short ones are put together at most.
const SEGMENT: usize = 64 * 1024;

/// Collects the pieces of a message until its end has come.
///
/// What it allocates grows with what was received: a segment for short pieces has room for as much as was received
/// before it, and for no more than 64 KiB.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pieces: VecDeque<Bytes>,
    /// Short pieces, behind the others.
    pub(super) segment: BytesMut,
    /// In bytes, of both.
    length: usize,
}

impl Gathered {
    /// How many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Adds what came next.
    ///
    /// A long piece is copied too where the segment has room for it: short ones between long ones
    /// would leave a segment each that is all but empty.
    pub(super) fn push(&mut self, piece: Bytes) {
        let room = self.segment.capacity() - self.segment.len();
        let length = piece.len();
        if length < LARGE || length <= room {
            self.copy(&piece);
        } else {
            self.close();
            self.pieces.push_back(piece);
        }
        self.length += length;
    }

    /// The message, when its end has come.
    pub(super) fn into_message(mut self) -> Message {
        self.close();
        Message::of(self.pieces)
    }

    /// Puts a short piece behind the others.
    fn copy(&mut self, piece: &[u8]) {
        if self.segment.len() + piece.len() > SEGMENT {
            self.close();
        }
        if self.segment.is_empty() {
            self.segment.reserve(self.length.min(SEGMENT));
        }
        self.segment.extend_from_slice(piece);
    }

    /// Ends the segment, so that something may stand behind it.
    fn close(&mut self) {
        if !self.segment.is_empty() {
            self.pieces.push_back(mem::take(&mut self.segment).freeze());
        }
    }
}
