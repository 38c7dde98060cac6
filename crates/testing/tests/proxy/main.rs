//! Each fault of the proxy, as a client and a server see it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod link;
mod tcp;
