//! A connection's hard life: what becomes of calls when servers drain, refuse, reset, vanish and come back.
//!
//! Each situation of `docs/lifecycle.md` is here for what is order, counts and codes; its figures come from the program
//! `soak`. Whether a call was executed, and how often, is what the server's ledger says.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod again;
mod attempts;
mod broken;
mod cafe;
mod doubt;
mod drain;
mod farewell;
mod port;
mod readiness;
mod refused;
mod restart;
mod silence;
mod slots;
mod stages;
mod streams;
mod waiting;
