//! The configs of a resolver, as the task of its channel has them: whether they count, and whether there has been one.
//!
//! ```text
//!  Ignored
//!  Awaited ── one can be used ──► Ruling ──► Ruling, by another or the same
//! ```
//!
//! What they say of calls is no concern of a balancer's; it knows of the policy, and that without any config it has none.

use std::mem;

use ziggurat_config::{InvalidServiceConfig, ResolvedConfig};

use super::choosing::{Follow, Followed};
use crate::Policy;

/// What the configs of a resolver mean to the channel.
pub(super) enum Config {
    /// Nothing.
    Ignored,
    /// There has been none, so nobody knows which policy is to choose: calls wait, or fail.
    Awaited(Follow),
    /// One is in effect.
    Ruling(Follow),
}

impl Config {
    pub(super) fn new(follow: Option<Follow>) -> Self {
        follow.map_or(Self::Ignored, Self::Awaited)
    }

    pub(super) fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited(_))
    }

    /// Lets the policy be the one that the config in effect wants. Gives a config that is invalid, and not in effect.
    ///
    /// # Errors
    ///
    /// It is invalid, and there is no other (F-3).
    pub(super) fn rule(
        &mut self,
        resolved: ResolvedConfig,
        policy: &mut Box<dyn Policy>,
    ) -> Result<Option<InvalidServiceConfig>, InvalidServiceConfig> {
        let (Self::Awaited(follow) | Self::Ruling(follow)) = self else {
            return Ok(None);
        };
        let Followed {
            policy: other,
            unused,
        } = follow(resolved)?;
        if let Some(Err(other)) = other.map(|other| policy.update(other)) {
            *policy = other;
        }
        *self = match mem::replace(self, Self::Ignored) {
            Self::Awaited(follow) => Self::Ruling(follow),
            other => other,
        };
        Ok(unused)
    }
}
