use std::fmt;

use super::{Policies, Throttle};

/// What all calls of a floor have in common: which policy each has, and what holds them back together.
pub(crate) struct Settings<P> {
    pub(crate) policies: Policies<P>,
    /// `None` lets each call be sent as often as its policy says.
    pub(crate) throttle: Option<Throttle>,
}

impl<P> From<Policies<P>> for Settings<P> {
    fn from(policies: Policies<P>) -> Self {
        let throttle = None;
        Self { policies, throttle }
    }
}

/// Two reference counts; of the policies none is copied.
impl<P> Clone for Settings<P> {
    fn clone(&self) -> Self {
        Self {
            policies: self.policies.clone(),
            throttle: self.throttle.clone(),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Settings<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("policies", &self.policies)
            .field("throttle", &self.throttle)
            .finish()
    }
}
