//! Compressed messages: as a scripted peer sees and sends them, and with tonic's server.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod answer;
mod cafe;
mod request;
mod rle;
mod server;
mod single_messages;
mod snappy;
