//! The one task of a connection (T-13): polls all that hyper would have spawned, and writes once at the end.
//!
//! ```text
//!                 wakes                    ids                  polls, in this order
//!   hyper, calls ───────► Signal (per place) ───► Ready ───► Driver ─┬─ client: takes requests, executes futures
//!                                                                    ├─ connection: frames out and in
//!   client ── execute ──► Executor ── new futures ───────────────────┼─ new futures, once each
//!                                                                    ├─ woken futures
//!                                                                    └─ flush: what all of them wrote, in one writev
//! ```
//!
//! The order is what makes a unary call cheap: its request body is polled when the connection has opened the stream, so
//! it is sent and gone in one poll, and its HEADERS and DATA leave together.
//!
//! Before all of that it reads, once: a GOAWAY that has arrived is known before hyper takes a request (A-110).

mod client;
mod future;
mod ready;
mod slots;
#[cfg(test)]
mod tests;
mod watchdog;

pub use future::Driver;
