//! The channel of many servers: where resolver, policy and calls meet.
//!
//! ```text
//!  calls ──► core ── version: a picker, and the endpoints that it speaks of ──► endpoint ──► lease
//!             │ ▲
//!       queue ┘ └── publishes, and runs the queue
//!                task, while the channel is not idle: polls the resolver, asks the policy, keeps the endpoints
//! ```
//!
//! Nothing here is on the way of a call but one load of the version, its picker, and the endpoint's own lock. The
//! task has all that changes for itself; it makes at most one version a turn, however much has changed.

mod choosing;
mod config;
mod core;
#[cfg_attr(feature = "tracing", path = "events/traced.rs")]
#[cfg_attr(not(feature = "tracing"), path = "events/untold.rs")]
mod events;
mod health;
mod list;
mod make;
mod names;
mod queue;
mod signal;
mod slots;
mod task;
mod version;
mod work;

#[cfg(test)]
mod tests;

pub use choosing::{Choosing, Follow, Followed};
pub use health::{Ended, HealthCheck, Report, Watching};
pub use make::balancer;
