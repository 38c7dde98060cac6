//! What the peer of one stream sends ends that stream, and no other.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod broken;
mod cafe;
mod goaway;
mod headers;
mod held;
mod late;
