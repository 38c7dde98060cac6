//! Maps by the ids of streams, and ids for methods.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// By ids of streams, which no peer chooses.
pub(super) type ById<T> = HashMap<u32, T, BuildHasherDefault<IdHasher>>;

/// A number that stands for the method with this path, so that a call need not keep it.
///
/// Two methods have the same one by bad luck alone, once in 2^32. Then they share what is learned of
/// [windows](super::governor), and the smaller one counts for both.
pub(in crate::connection) fn method(path: &str) -> u32 {
    let mut hasher = IdHasher::default();
    let (pieces, rest) = path.as_bytes().as_chunks();
    for piece in pieces {
        hasher.write_u64(u64::from_le_bytes(*piece));
    }
    hasher.write(rest);
    // The upper half depends on all of it.
    (hasher.finish() >> 32) as u32
}

/// Spreads ids.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.write_u64(id.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
