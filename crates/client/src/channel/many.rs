//! What a builder keeps of a channel of many servers: who finds them, who chooses.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ziggurat_balance::{
    Address, Policy, Resolver,
    channel::Choosing,
    policy::{OutlierDetection, PickFirst},
    resolve::{Fixed, System},
};
use ziggurat_config::{ServiceConfig, load_balancing::LoadBalancing};
use ziggurat_connect::{Target, target::Place};

use super::{
    following::{InEffect, following},
    policies,
};

/// Who finds the servers of a channel, and who chooses among them; `None` is the default.
///
/// Nobody locks: it is how a builder can be shared by threads, though what is in it cannot.
#[derive(Default)]
pub(super) struct Many {
    resolver: Option<Mutex<Box<dyn Resolver>>>,
    policy: Option<Mutex<Box<dyn Policy>>>,
    outliers: Option<OutlierDetection>,
    /// Whether configs of the resolver do not count.
    ignores_config: bool,
}

/// What a channel of many servers is made of.
pub(super) struct Made {
    pub(super) resolver: Box<dyn Resolver>,
    pub(super) choosing: Choosing,
    /// If the resolver may bring configs: which one is in effect.
    pub(super) in_effect: Option<Arc<InEffect>>,
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

    pub(super) fn ignore_config(&mut self, yes: bool) {
        self.ignores_config = yes;
    }

    /// Whether a channel that is told this, and has this config, is one of several servers.
    pub(super) fn is_wanted(&self, config: Option<&ServiceConfig>) -> bool {
        let is_chosen = self.resolver.is_some() || self.policy.is_some() || self.outliers.is_some();
        let config = config.and_then(ServiceConfig::load_balancing);
        // Without a resolver, the default is what a channel of one server does by itself.
        is_chosen || config.is_some_and(|config| *config != LoadBalancing::default())
    }

    /// Resolver and policy of a channel to this target, with the config of the application.
    ///
    /// The policy of a config is before the builder's: the service's owner knows best (F-18).
    pub(super) fn of(
        self,
        target: &Target,
        is_proxied: bool,
        config: Option<&ServiceConfig>,
    ) -> Made {
        let resolver = self.resolver.map(taken);
        let resolver = resolver.unwrap_or_else(|| resolver_of(target, is_proxied));
        let own = self.policy.map(taken);
        let own = own.unwrap_or_else(|| Box::new(PickFirst::new()));
        if resolver.brings_config() && !self.ignores_config {
            let own = policies::within(self.outliers.clone(), own);
            let (choosing, in_effect) = following(own, self.outliers, config.cloned());
            return Made {
                resolver,
                choosing,
                in_effect: Some(in_effect),
            };
        }
        let policy = match config.and_then(ServiceConfig::load_balancing) {
            Some(config) => policies::of(config),
            None => own,
        };
        let policy = policies::within(self.outliers, policy);
        Made {
            resolver,
            choosing: Choosing {
                observes: policy.observes(),
                policy,
                follow: None,
            },
            in_effect: None,
        }
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
            .field("ignores_config", &self.ignores_config)
            .finish()
    }
}
