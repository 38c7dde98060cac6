use std::fmt;

use ziggurat_config::{InvalidServiceConfig, ResolvedConfig};

use crate::Policy;

/// How a channel chooses among its endpoints.
pub struct Choosing {
    /// What chooses; until a config wants another.
    pub policy: Box<dyn Policy>,
    /// Whether those who send calls take what tells
    /// [how they end](ziggurat_transport::channel::ResponseFuture::take_ended); if not, no
    /// [`Observer`](crate::policy::Observer) is told.
    pub observes: bool,
    /// What follows the configs that the resolver brings; without it they are not looked at.
    pub follow: Option<Follow>,
}

impl fmt::Debug for Choosing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choosing")
            .field("policy", &self.policy.name())
            .field("observes", &self.observes)
            .field("follows", &self.follow.is_some())
            .finish()
    }
}

/// Takes what a resolver has of a config, and answers with what follows from it.
///
/// An error means that the channel has no config at all, for there never was one to stay with: calls fail with it until the
/// resolver has another (F-3).
pub type Follow = Box<dyn FnMut(ResolvedConfig) -> Result<Followed, InvalidServiceConfig> + Send>;

/// What follows from what a resolver has of a config.
#[derive(Default)]
pub struct Followed {
    /// What is to choose from now on, if that is another. The policy before is [updated](Policy::update) by it: a
    /// [`Switch`](crate::policy::Switch) becomes the new one while calls go on.
    pub policy: Option<Box<dyn Policy>>,
    /// What is wrong with a config that is not in effect, as another still is.
    pub unused: Option<InvalidServiceConfig>,
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.as_ref();
        f.debug_struct("Followed")
            .field("policy", &policy.map(|policy| policy.name()))
            .field("unused", &self.unused)
            .finish()
    }
}
