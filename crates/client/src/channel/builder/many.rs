//! The settings of a channel of many servers: who finds them, who chooses.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use ziggurat_balance::{
    Address, Policy, Resolver,
    policy::PickFirst,
    resolve::{Fixed, System},
};
use ziggurat_connect::{Target, target::Place};

use super::Builder;

/// Who finds the servers of a channel, and who chooses among them; `None` is the default.
///
/// Nobody locks: it is how a builder can be shared by threads, though what is in it cannot.
#[derive(Default)]
pub(super) struct Many {
    resolver: Option<Mutex<Box<dyn Resolver>>>,
    policy: Option<Mutex<Box<dyn Policy>>>,
}

impl<C> Builder<C> {
    /// Balances calls over all servers that the target's name has, by this policy; by default a channel has one.
    ///
    /// The addresses of the name are [asked for again](ziggurat_balance::System) every 30 seconds, and when connections fail. A [resolver](Self::resolver) finds them in another way. Each server has its own connections, with all the settings of this builder;
    /// [`states`](crate::Channel::states), [`connect`](crate::Channel::connect) and the like speak of all of them, as the policy
    /// sees it.
    ///
    /// ```
    /// use ziggurat::{Channel, balance::RoundRobin};
    ///
    /// let channel = Channel::builder("http://cafe.kitchen.svc:50051")?
    ///     .balance(RoundRobin::new())
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    ///
    /// Behind a proxy there is one server, the name, which the proxy resolves (G-75); unless a resolver of yours says
    /// otherwise.
    pub fn balance(mut self, policy: impl Policy) -> Self {
        self.many.get_or_insert_default().policy = Some(Mutex::new(Box::new(policy)));
        self
    }

    /// Finds the servers by this resolver; by default they are the addresses of the target's name.
    ///
    /// The target goes on to say what the servers are called: scheme, `:authority`, the name that TLS verifies. Without
    /// [`balance`](Self::balance), all calls go to the first of them that can be reached ([`PickFirst`]).
    ///
    /// ```
    /// use ziggurat::{Channel, balance::{Fixed, RoundRobin}};
    ///
    /// let channel = Channel::builder("http://cafe.example")?
    ///     .resolver(Fixed::new(["10.0.0.1:50051", "10.0.0.2:50051"])?)
    ///     .balance(RoundRobin::new())
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.many.get_or_insert_default().resolver = Some(Mutex::new(Box::new(resolver)));
        self
    }
}

impl Many {
    /// Resolver and policy of a channel to this target.
    pub(super) fn of(
        self,
        target: &Target,
        is_proxied: bool,
    ) -> (Box<dyn Resolver>, Box<dyn Policy>) {
        let resolver = self.resolver.map(taken);
        let policy = self.policy.map(taken);
        (
            resolver.unwrap_or_else(|| resolver_of(target, is_proxied)),
            policy.unwrap_or_else(|| Box::new(PickFirst::new())),
        )
    }
}

fn taken<T>(held: Mutex<T>) -> T {
    held.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn resolver_of(target: &Target, is_proxied: bool) -> Box<dyn Resolver> {
    match target.place() {
        Place::Tcp { host, port } if !is_proxied => Box::new(System::new(host, port)),
        _ => Box::new(Fixed::one(Address::Target)),
    }
}

impl fmt::Debug for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = |is_set: bool| if is_set { "chosen" } else { "by default" };
        f.debug_struct("Many")
            .field("resolver", &is_set(self.resolver.is_some()))
            .field("policy", &is_set(self.policy.is_some()))
            .finish()
    }
}
