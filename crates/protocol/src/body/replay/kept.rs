//! The chunks that somebody has still to give, as references, and what they count.
//!
//! Bytes of chunks are counted, not the memory behind them: a chunk may share a larger buffer with others.

use std::collections::VecDeque;

use bytes::Bytes;

use super::account::Account;

/// So many bytes are kept where no account says how many: as many as a channel keeps by default (C-25).
const LIMIT: usize = 256 * 1024;

/// In the order of the stream, without gaps; chunks leave at the front.
#[derive(Default)]
pub(super) struct Kept {
    chunks: VecDeque<Chunk>,
    /// Which chunk of the stream the first one is.
    first: usize,
    /// How many there are in all, of those that are counted.
    bytes: usize,
    account: Option<Box<dyn Account>>,
}

struct Chunk {
    bytes: Bytes,
    /// Not one that is kept though it is over the limit.
    is_counted: bool,
}

impl Kept {
    /// The first account stands, if it has enough for what is here.
    pub(super) fn count_in(&mut self, account: impl FnOnce() -> Box<dyn Account>) {
        if self.account.is_none() {
            let mut account = account();
            self.account = account.take(self.bytes).then_some(account);
        }
    }

    /// This chunk of the stream, if it is here.
    pub(super) fn get(&self, position: usize) -> Option<Bytes> {
        let index = position.checked_sub(self.first)?;
        let chunk = self.chunks.get(index)?;
        Some(chunk.bytes.clone())
    }

    /// Whether this chunk of the stream is here, or one before it.
    pub(super) fn has(&self, position: usize) -> bool {
        position < self.first + self.chunks.len()
    }

    /// Keeps one more; tells whether it may. If not, nothing is kept as it was.
    pub(super) fn push(&mut self, chunk: &Bytes) -> bool {
        let bytes = chunk.len();
        let may = match &mut self.account {
            Some(account) => account.take(bytes),
            None => bytes <= LIMIT.saturating_sub(self.bytes),
        };
        if may {
            self.bytes += bytes;
            self.push_as(chunk, true);
        }
        may
    }

    /// Keeps one more, whether it may or not: somebody took it who has no use for it any more.
    pub(super) fn push_for_others(&mut self, chunk: &Bytes) {
        if !self.push(chunk) {
            self.push_as(chunk, false);
        }
    }

    fn push_as(&mut self, chunk: &Bytes, is_counted: bool) {
        let bytes = chunk.clone();
        self.chunks.push_back(Chunk { bytes, is_counted });
    }

    /// Lets go of the chunks before this one, for the caller to drop.
    pub(super) fn let_go(&mut self, position: usize) -> Vec<Bytes> {
        let count = position.saturating_sub(self.first).min(self.chunks.len());
        let mut bytes = 0;
        let gone = self.chunks.drain(..count).map(|chunk| {
            bytes += if chunk.is_counted {
                chunk.bytes.len()
            } else {
                0
            };
            chunk.bytes
        });
        let gone = gone.collect();
        self.first += count;
        self.bytes -= bytes;
        if let Some(account) = &mut self.account {
            account.give_back(bytes);
        }
        gone
    }
}
