//! Maps by the ids of streams.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// By ids of streams, which no peer chooses.
pub(super) type ById<T> = HashMap<u32, T, BuildHasherDefault<IdHasher>>;

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
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
