//! Many servers behind one name, through the public channel: who has which call, and what becomes of those whose server goes.
//!
//! The servers are h2's or tonic's, over pipes, on a paused clock.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod again;
mod aging;
mod apart;
mod config;
mod crowd;
mod dropped;
mod ends;
mod hashes;
mod health;
mod hours;
mod loads;
mod names;
mod outliers;
mod real;
mod registry;
mod resolved;
mod rest;
mod spread;
mod states;
mod town;
mod watches;
