use std::{fmt, sync::Arc};

use http::Request;
use ziggurat_protocol::Body;

use super::{RetryPolicy, Throttle};

/// What all calls of a floor have in common: which policy each has, and what holds them back together.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policies: Policies,
    pub(super) throttle: Option<Throttle>,
    pub(super) seed: Option<u64>,
}

/// Which policy a call has.
#[derive(Clone)]
pub(super) enum Policies {
    All(Arc<RetryPolicy>),
    Chosen(Arc<Choose>),
}

type Choose = dyn Fn(&Request<Body>) -> Option<RetryPolicy> + Send + Sync;

impl Settings {
    /// The policy of one call.
    pub(super) fn policy(&self, request: &Request<Body>) -> Option<Arc<RetryPolicy>> {
        match &self.policies {
            Policies::All(policy) => Some(Arc::clone(policy)),
            Policies::Chosen(choose) => choose(request).map(Arc::new),
        }
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(policy) => policy.fmt(f),
            Self::Chosen(_) => f.write_str("Chosen"),
        }
    }
}
