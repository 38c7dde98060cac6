//! How a message is collected that does not come in one piece.
//!
//! ```text
//! received   ┌─ 16 KiB ─┐ ┌─ 16 KiB ─┐ ┌─ 16 KiB ─┐ ┌─ 16 KiB ─┐ …
//! kept        as it came   as it came  ╰── a quarter has come: one buffer for all of it
//! ```
//!
//! The beginning waits in the pieces that it came in, so that each byte is copied once, into a buffer that is as long as
//! the message. What comes later is copied as it comes: the connection's own buffers are free again at once, where pieces
//! would keep as much memory again as the message, until it is whole.

use bytes::Bytes;

/// So many times what has come is allocated at most: a peer cannot make it more by a claim.
const AHEAD: usize = 4;

/// A piece of at least so many bytes may wait as it is; a shorter one would keep much more memory than it fills.
const LARGE: usize = 8 * 1024;

/// Collects a message until its end has come.
///
/// It is the memory of a call whose message is not whole: the pieces or the buffer, not both. Either is within a few times
/// what was received.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Long ones, before there is a buffer.
    pieces: Vec<Bytes>,
    /// From then on everything.
    pub(super) buffer: Vec<u8>,
    /// How many bytes have come, of either.
    length: usize,
}

impl Gathered {
    /// How many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Adds what came next of a message that is to have so many bytes in all.
    pub(super) fn push(&mut self, piece: Bytes, whole: usize) {
        self.length += piece.len();
        let room = self.length.saturating_mul(AHEAD).min(whole);
        if room < whole && self.buffer.is_empty() && piece.len() >= LARGE {
            self.pieces.push(piece);
            return;
        }
        if self.buffer.capacity() < self.length {
            self.buffer.reserve_exact(room - self.buffer.len());
        }
        // A piece goes as soon as it is copied.
        for piece in self.pieces.drain(..).chain([piece]) {
            self.buffer.extend_from_slice(&piece);
        }
    }

    /// The message, when its end has come: then all of it is in the buffer.
    pub(super) fn into_message(self) -> Bytes {
        self.buffer.into()
    }
}
