use std::sync::Arc;

use ziggurat_transport::channel::many::{Balancer, Maker};

use super::{core::Core, health::HealthCheck, task, work::Parts};
use crate::{Policy, Resolver};

/// A balancer that has the endpoints of this resolver, and chooses among them by this policy.
///
/// This is what `transport`'s builder is given: it makes the endpoints, with the settings of the channel, and this has
/// them.
///
/// `observes` is whether those who send calls take what tells how they end; if not, no [`Observer`](crate::policy::Observer) is told.
///
/// `health` asks the servers how they are that are connected, if they are to be asked, and the policy heeds it.
///
/// It does nothing until it is asked. Its futures must be polled inside a tokio runtime: the first call, and the first after
/// the channel was idle, spawns its task.
pub fn balancer<S: Clone + Send + 'static>(
    maker: Maker<S>,
    resolver: Box<dyn Resolver>,
    policy: Box<dyn Policy>,
    observes: bool,
    health: Option<Arc<dyn HealthCheck<S>>>,
) -> Arc<dyn Balancer<S>> {
    let parts = Parts {
        maker,
        resolver,
        policy,
        observes,
        health,
    };
    Core::new(parts, task::spawn)
}
