//! Messages out of the chunks that bodies come in.

use bytes::{Buf, Bytes, BytesMut};

const PREFIX: usize = 5;

/// Takes messages apart as little code can: one that lies in one chunk is not copied, one that does not is put together
/// in a buffer of its size.
#[derive(Debug, Default)]
pub struct Chunks {
    chunk: Bytes,
    /// A message, or its prefix, that has begun.
    begun: BytesMut,
}

impl Chunks {
    /// Adds what came; all messages before have been taken.
    pub fn push(&mut self, chunk: Bytes) {
        self.chunk = chunk;
    }

    /// The next whole message.
    pub fn take(&mut self) -> Option<Bytes> {
        if let Some(whole) = whole(&self.chunk)
            && self.begun.is_empty()
            && whole <= self.chunk.len()
        {
            self.chunk.advance(PREFIX);
            return Some(self.chunk.split_to(whole - PREFIX));
        }
        self.fill(PREFIX);
        let whole = whole(&self.begun)?;
        self.fill(whole);
        if self.begun.len() < whole {
            return None;
        }
        let mut message = std::mem::take(&mut self.begun).freeze();
        message.advance(PREFIX);
        Some(message)
    }

    /// Whether nothing is left over.
    pub fn is_empty(&self) -> bool {
        self.chunk.is_empty() && self.begun.is_empty()
    }

    /// Takes from the chunk until so many bytes have begun.
    fn fill(&mut self, bytes: usize) {
        let missing = bytes.saturating_sub(self.begun.len());
        self.begun.reserve(missing);
        let some = self.chunk.split_to(missing.min(self.chunk.len()));
        self.begun.extend_from_slice(&some);
    }
}

/// The length of the message with its prefix, once that is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let prefix = bytes.get(1..PREFIX)?;
    let length = u32::from_be_bytes(prefix.try_into().ok()?);
    Some(PREFIX + length as usize)
}
