//! What holds for every input, whoever sent it: no panic, and what is promised of what comes out.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod answers;
mod details;
mod frames;
mod messages;
mod metadata;
mod timeouts;

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    test_runner::{Config, RngSeed},
};

/// The same cases in every run, and few where an interpreter runs them.
fn config() -> Config {
    Config {
        cases: if cfg!(miri) { 2 } else { 256 },
        rng_seed: RngSeed::Fixed(0x7a69_6767),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Text in any script.
fn text(most: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..=most).prop_map(String::from_iter)
}

/// Bytes without meaning.
fn noise(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}
