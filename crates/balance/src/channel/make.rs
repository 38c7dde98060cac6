use std::sync::Arc;

use ziggurat_transport::channel::many::{Balancer, Maker};

use super::{choosing::Choosing, core::Core, health::HealthCheck, task, work::Parts};
use crate::Resolver;

/// A balancer that has the endpoints of this resolver, and chooses among them like this.
///
/// This is what `transport`'s builder is given: it makes the endpoints, with the settings of the channel, and this has
/// them.
///
/// `health` asks the servers how they are that are connected, if they are to be asked, and the policy heeds it.
///
/// It does nothing until it is asked. Its futures must be polled inside a tokio runtime: the first call, and the first after
/// the channel was idle, spawns its task.
pub fn balancer<S: Clone + Send + 'static>(
    maker: Maker<S>,
    resolver: Box<dyn Resolver>,
    choosing: Choosing,
    health: Option<Arc<dyn HealthCheck<S>>>,
) -> Arc<dyn Balancer<S>> {
    let parts = Parts {
        maker,
        resolver,
        choosing,
        health,
    };
    Core::new(parts, task::spawn)
}
