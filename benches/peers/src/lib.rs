//! What the clients of the comparison share, so that all do the same work: what is called and how often, and how it is
//! measured. `benches/peers/run` builds and runs them.
//!
//! A client's program is [`main`] with its [`Client`]. It connects, makes the calls of one [`Load`] again and again as
//! it is told on its standard input, and answers each time with its [`Figures`](measure::Figures) in a line of JSON.

#![expect(
    clippy::disallowed_types,
    reason = "it is the clock's time that counts"
)]

pub mod chunks;
pub mod client;
mod cpu;
pub mod drive;
pub mod layers;
pub mod load;
pub mod measure;
pub mod messages;
pub mod raw;
mod serve;
pub mod tls;
#[cfg_attr(feature = "count", path = "wire/counted.rs")]
#[cfg_attr(not(feature = "count"), path = "wire/plain.rs")]
pub mod wire;

pub use client::{Client, Tally};
pub use load::Load;
pub use serve::main;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Fails if an answer is not what was asked for: a comparison with wrong answers would be worth nothing.
pub fn check<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: got {got:?}, expected {expected:?}").into())
}
