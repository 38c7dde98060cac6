//! Policies, turn by turn: which servers they connect, and which have the calls.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod fleet;
mod least_request;
mod outlier_detection;
mod pick_first;
mod random_subsetting;
#[cfg(feature = "ring-hash")]
mod ring_hash;
mod round_robin;
mod storm;
mod switch;
#[cfg(feature = "weighted-round-robin")]
mod weighted_round_robin;
