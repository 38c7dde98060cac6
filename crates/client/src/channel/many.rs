//! What a builder keeps of a channel of many servers: who finds them, who chooses.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use ziggurat_balance::{
    Address, Policy, Resolver,
    policy::{OutlierDetection, PickFirst},
    resolve::{Fixed, System},
};
use ziggurat_config::load_balancing::LoadBalancing;
use ziggurat_connect::{Target, target::Place};

use super::policies;

/// Who finds the servers of a channel, and who chooses among them; `None` is the default.
///
/// Nobody locks: it is how a builder can be shared by threads, though what is in it cannot.
#[derive(Default)]
pub(super) struct Many {
    resolver: Option<Mutex<Box<dyn Resolver>>>,
    policy: Option<Mutex<Box<dyn Policy>>>,
    outliers: Option<OutlierDetection>,
}

impl Many {
    pub(super) fn find_by(&mut self, resolver: impl Resolver) {
        self.resolver = Some(Mutex::new(Box::new(resolver)));
    }

    pub(super) fn eject_by(&mut self, settings: OutlierDetection) {
        self.outliers = Some(settings);
    }

    pub(super) fn choose_by(&mut self, policy: impl Policy) {
        self.policy = Some(Mutex::new(Box::new(policy)));
    }

    /// Chooses by the policy of a service config, whatever was set otherwise: the service's owner knows best (F-18).
    pub(super) fn configured(many: Option<Self>, config: &LoadBalancing) -> Option<Self> {
        // Without a resolver, it is what a channel of one server does by itself.
        if many.is_none() && *config == LoadBalancing::default() {
            return None;
        }
        Some(Self {
            policy: Some(Mutex::new(policies::of(config))),
            ..many.unwrap_or_default()
        })
    }

    /// Resolver and policy of a channel to this target.
    pub(super) fn of(
        self,
        target: &Target,
        is_proxied: bool,
    ) -> (Box<dyn Resolver>, Box<dyn Policy>) {
        let resolver = self.resolver.map(taken);
        let policy = self.policy.map(taken);
        let policy = policy.unwrap_or_else(|| Box::new(PickFirst::new()));
        (
            resolver.unwrap_or_else(|| resolver_of(target, is_proxied)),
            match self.outliers {
                Some(settings) => Box::new(settings.around(policy)),
                None => policy,
            },
        )
    }
}

fn taken<T>(held: Mutex<T>) -> T {
    held.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn resolver_of(target: &Target, is_proxied: bool) -> Box<dyn Resolver> {
    if let Ok(given) = Fixed::new(target.addresses().iter().copied()) {
        return Box::new(given);
    }
    match target.place() {
        Place::Tcp { host, port } if !is_proxied => Box::new(System::new(host, port)),
        _ => Box::new(Fixed::one(Address::Target)),
    }
}

impl fmt::Debug for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many")
            .field("has_resolver", &self.resolver.is_some())
            .field("has_policy", &self.policy.is_some())
            .field("outliers", &self.outliers)
            .finish()
    }
}
