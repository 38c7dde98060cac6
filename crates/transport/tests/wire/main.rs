//! The transport against an HTTP/2 server at the other end of a pipe, with every frame of the client on record.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod body;
mod cancel;
mod channel;
mod connection;
mod driver;
mod failures;
mod keepalive;
mod lifetime;
mod prepare;
mod record;
mod server;
mod tcp;
