//! Bytes for h2 that have no place in the buffer that it reads into.
//!
//! The walker works in place as long as what it leaves is no longer than what came. Once it has something to put in
//! between, all that follows goes here, and h2 is given it before anything more is read.

use tokio::io::ReadBuf;

use super::head::Head;

/// How much memory is kept for the next time.
const KEPT: usize = 32 * 1024;

/// A queue of bytes.
#[derive(Debug, Default)]
pub(super) struct Spill {
    bytes: Vec<u8>,
    /// How many of them h2 has.
    given: usize,
    /// Whether what is kept goes here, for there is something before it or no room for it.
    is_on: bool,
}

impl Spill {
    /// Whether what is kept goes here.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// From now on, what is kept goes here.
    pub(super) fn begin(&mut self) {
        self.is_on = true;
    }

    /// Puts bytes behind those that wait.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.is_on = true;
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts a frame behind what waits.
    pub(super) fn frame(&mut self, head: &Head, payload: &[u8]) {
        self.push(&head.bytes());
        self.push(payload);
    }

    /// Gives what waits, as far as there is room; tells whether that was anything. Once nothing waits, it is off.
    pub(super) fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let waiting = &self.bytes[self.given..];
        let count = waiting.len().min(buf.remaining());
        buf.put_slice(&waiting[..count]);
        self.given += count;
        if self.given == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.given = 0;
            self.is_on = false;
        }
        count > 0
    }
}
