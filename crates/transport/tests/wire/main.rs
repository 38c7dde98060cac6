//! The transport against an HTTP/2 server at the other end of a pipe, with every frame of the client on record.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod admission;
mod backoff;
mod body;
mod cancel;
mod channel;
mod closing;
mod connection;
mod driver;
mod failures;
mod idle;
mod keepalive;
mod lifetime;
mod mix;
mod prepare;
mod raw;
mod record;
mod resend;
mod server;
mod spread;
mod states;
mod tcp;
