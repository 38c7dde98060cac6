//! The service configs that a resolver brings: which one is in effect, and which policy it wants.
//!
//! ```text
//!  resolver ──► task of the balancer ── Following ──► policy
//!                                           │ stores, if it is another
//!                                           ▼
//!                                       InEffect ◄── each call looks which floors are due
//! ```
//!
//! What they share keeps neither of them: a channel has its balancer, so nothing of a balancer may have the channel.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;
use ziggurat_balance::{
    Policy,
    channel::{Choosing, Follow, Followed},
    policy::{Observer, OutlierDetection, Outlook, Spread, Switch, Turn},
};
use ziggurat_config::{
    InvalidServiceConfig, ResolvedConfig, ServiceConfig, load_balancing::LoadBalancing,
};

use super::policies;

/// The config that calls go by which begin now.
pub(super) struct InEffect {
    /// `None` until the resolver's first answer.
    config: ArcSwapOption<ServiceConfig>,
    /// There is one now.
    came: Notify,
}

impl InEffect {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            config: ArcSwapOption::empty(),
            came: Notify::new(),
        })
    }

    /// The same until there is another, which has another address.
    pub(super) fn config(&self) -> Option<Arc<ServiceConfig>> {
        self.config.load_full()
    }

    /// Whether it is this one still: what each call asks.
    pub(super) fn is(&self, config: &Arc<ServiceConfig>) -> bool {
        let current = self.config.load();
        current.as_ref().is_some_and(|now| Arc::ptr_eq(now, config))
    }

    /// Waits until there is one. Dropping it leaves nothing behind.
    pub(super) async fn known(&self) {
        // Those who wait go on in their order.
        let mut came = pin!(self.came.notified());
        came.as_mut().enable();
        if self.config.load().is_none() {
            came.await;
        }
    }

    fn set(&self, config: ServiceConfig) {
        self.config.store(Some(Arc::new(config)));
        self.came.notify_waiters();
    }
}

/// Chooses by the configs that come, and while none says how, by the builder's policy.
pub(super) fn following(
    own: Box<dyn Policy>,
    outliers: Option<OutlierDetection>,
    default: Option<ServiceConfig>,
) -> (Choosing, Arc<InEffect>) {
    let in_effect = InEffect::new();
    let own = Own::new(own);
    let mut following = Following {
        own: own.clone(),
        outliers,
        default,
        in_effect: in_effect.clone(),
    };
    let follow: Follow = Box::new(move |config| following.follow(config));
    let choosing = Choosing {
        policy: Box::new(Switch::new(Box::new(own))),
        // Some config may bring a policy that wants to know.
        observes: true,
        follow: Some(follow),
    };
    (choosing, in_effect)
}

/// What decides on the configs that come.
struct Following {
    own: Own,
    /// The builder's, around each policy.
    outliers: Option<OutlierDetection>,
    /// The application's config, where the resolver has none.
    default: Option<ServiceConfig>,
    in_effect: Arc<InEffect>,
}

impl Following {
    /// ## no config, or another → this one in effect, and its policy (F-3, F-4)
    fn follow(&mut self, resolved: ResolvedConfig) -> Result<Followed, InvalidServiceConfig> {
        let resolved = usable(resolved);
        let unused = match &resolved {
            ResolvedConfig::Invalid(invalid) => Some(invalid.clone()),
            ResolvedConfig::Config(_) | ResolvedConfig::None => None,
        };
        let previous = self.in_effect.config();
        let previous = previous.as_deref();
        let config = resolved.in_effect(previous, self.default.as_ref())?;
        let policy = if previous == Some(&config) {
            None
        } else {
            let before = previous.and_then(ServiceConfig::load_balancing);
            let after = config.load_balancing();
            let policy = (before != after).then(|| self.policy(after));
            self.in_effect.set(config);
            policy
        };
        Ok(Followed { policy, unused })
    }

    /// The policy of a config goes before that of the builder (F-18).
    fn policy(&self, config: Option<&LoadBalancing>) -> Box<dyn Policy> {
        let Some(config) = config else {
            return Box::new(self.own.clone());
        };
        policies::within(self.outliers.clone(), policies::of(config))
    }
}

/// The same, but that one which wants a policy that this client has not is as invalid as one that cannot be read (F-18).
fn usable(resolved: ResolvedConfig) -> ResolvedConfig {
    let ResolvedConfig::Config(config) = &resolved else {
        return resolved;
    };
    match config.load_balancing().map(policies::check) {
        Some(Err(invalid)) => ResolvedConfig::Invalid(invalid),
        Some(Ok(())) | None => resolved,
    }
}

/// The builder's policy. A config may take its place, and a later one give it back; so it is kept, as it is.
#[derive(Clone)]
struct Own {
    name: Arc<str>,
    /// Nobody waits for it: the task of the channel alone asks.
    policy: Arc<Mutex<Box<dyn Policy>>>,
}

impl Own {
    fn new(policy: Box<dyn Policy>) -> Self {
        Self {
            name: policy.name().into(),
            policy: Arc::new(Mutex::new(policy)),
        }
    }

    fn policy(&self) -> MutexGuard<'_, Box<dyn Policy>> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Policy for Own {
    fn name(&self) -> &str {
        &self.name
    }

    fn spread(&self) -> Spread {
        self.policy().spread()
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.policy().turn(turn)
    }

    /// It never takes over what a config says: it is to be what it was when no config says anything.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        if Arc::ptr_eq(&new.policy, &self.policy) {
            Ok(())
        } else {
            Err(new)
        }
    }

    fn heeds_health(&self) -> bool {
        self.policy().heeds_health()
    }

    fn observes(&self) -> bool {
        self.policy().observes()
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.policy().observer()
    }
}
