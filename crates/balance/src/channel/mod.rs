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
//! [task](task) has all that changes for itself; it makes at most one version a turn, however much has changed.

mod core;
#[cfg_attr(feature = "tracing", path = "events/traced.rs")]
#[cfg_attr(not(feature = "tracing"), path = "events/untold.rs")]
mod events;
mod list;
mod names;
mod queue;
mod signal;
mod slots;
mod task;
mod version;
mod work;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ziggurat_transport::channel::many::{Balancer, Maker};

use crate::{Policy, Resolver};

/// A balancer that has the endpoints of this resolver, and chooses among them by this policy.
///
/// `observes` is whether those who send calls take what tells how they end;
/// if not, no [`Observer`](crate::policy::Observer) is told.
///
/// It does nothing until it is asked. Its futures must be polled inside a tokio runtime: the first call, and the first after
/// the channel was idle, spawns its task.
pub fn balancer<S: Clone + Send + 'static>(
    maker: Maker<S>,
    resolver: Box<dyn Resolver>,
    policy: Box<dyn Policy>,
    observes: bool,
) -> Arc<dyn Balancer<S>> {
    core::Core::new(maker, resolver, policy, observes, task::spawn)
}
