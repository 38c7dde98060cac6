//! gRPC's HTTP/2 behaviour servers, scripted: resets, PINGs, padding, GOAWAY and a limit of streams.
//!
//! The calls are the interop client's: a unary request of 271,828 bytes and an answer of 314,159.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod cafe;
mod goaway;
mod max_streams;
mod padding;
mod ping;
mod resets;
