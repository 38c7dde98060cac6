//! Who does not read stops only who writes to him, and nothing grows meanwhile.
//!
//! The arithmetic is in `docs/flow-control.md`.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod cafe;
mod discarded;
mod empty_frames;
mod readers;
mod senders;
mod small_frames;
mod windows;
