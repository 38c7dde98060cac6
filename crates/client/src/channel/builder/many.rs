use ziggurat_balance::{OutlierDetection, Policy, Resolver};

use super::Builder;
use crate::channel::health::HealthChecks;

/// Many servers behind one name.
impl<C> Builder<C> {
    /// Balances calls over all servers that the target's name has, by this policy; by default a channel has one.
    ///
    /// The addresses of the name are [asked for again](ziggurat_balance::System) every 30 seconds, and when connections fail. A
    /// [resolver](Self::resolver) finds them in another way. Each server has its own connections, with all the settings of this
    /// builder; [`states`](crate::Channel::states), [`connect`](crate::Channel::connect) and the like speak of all of them, as the policy
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
        self.many.get_or_insert_default().choose_by(policy);
        self
    }

    /// Gives servers no calls for a while that fail more of them than others do (A50); by default none is left out.
    ///
    /// It stands around the [policy](Self::balance). How each call ends is watched then, so calls are boxed.
    ///
    /// ```
    /// use ziggurat::{Channel, balance::{LeastRequest, OutlierDetection}};
    ///
    /// let channel = Channel::builder("http://cafe.kitchen.svc:50051")?
    ///     .balance(LeastRequest::new())
    ///     .outlier_detection(OutlierDetection::default())
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn outlier_detection(mut self, settings: OutlierDetection) -> Self {
        self.many.get_or_insert_default().eject_by(settings);
        self
    }

    /// Asks each server whether this service of it is healthy, and gives no calls to those that say it is not (A17); by
    /// default the name is that of the [service config](Self::service_config), and without one nobody is asked.
    ///
    /// The name is the service's full one, such as `cafe.v1.Machine`; an empty name asks for the server as a whole. A name in
    /// the config goes before it. The question is `grpc.health.v1.Health/Watch`, a stream that each connection of a
    /// [policy](Self::balance) carries from its beginning on, through the [attempt layers](Self::attempt_layer). Until its
    /// first answer the server counts as one that connects. Whatever it says but SERVING, it has no calls; nor while
    /// the stream fails, which is begun anew after [pauses](Self::backoff). A server that answers UNIMPLEMENTED is taken for
    /// healthy, and an event at the level ERROR says so.
    ///
    /// Where there is no choice nobody is asked: with one server, or with [`PickFirst`](ziggurat_balance::PickFirst).
    ///
    /// ```
    /// use ziggurat::{Channel, balance::RoundRobin};
    ///
    /// let channel = Channel::builder("http://cafe.kitchen.svc:50051")?
    ///     .balance(RoundRobin::new())
    ///     .health_check("cafe.v1.Machine")
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn health_check(mut self, service: impl Into<String>) -> Self {
        self.health = HealthChecks::Service(service.into());
        self
    }

    /// Asks no server for its health, whatever a service config says.
    pub fn disable_health_check(mut self) -> Self {
        self.health = HealthChecks::Off;
        self
    }

    /// Finds the servers by this resolver; by default they are the addresses of the target's name.
    ///
    /// The target goes on to say what the servers are called: scheme, `:authority`, the name that TLS verifies. Without
    /// [`balance`](Self::balance), all calls go to the first of them that can be reached ([`PickFirst`](ziggurat_balance::PickFirst)).
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
        self.many.get_or_insert_default().find_by(resolver);
        self
    }

    /// Whether the service configs count that the [resolver](Self::resolver) brings; they do by default (F-5).
    ///
    /// Such a config rules the channel: timeouts, retries and limits by method, and the [policy](Self::balance). Without one,
    /// the [config of this builder](Self::service_config) counts, as long as none is valid too (F-3, F-4). Calls that come
    /// before the resolver's first answer wait for it, under their deadline. Of resolvers that
    /// [bring none](ziggurat_balance::Resolver::brings_config), such as addresses of a name, nobody pays for it: calls of the
    /// others are boxed.
    ///
    /// ```
    /// # use std::net::SocketAddr;
    /// use ziggurat::{Channel, balance::resolve::{Polled, Resolution}, service_config::ServiceConfig};
    ///
    /// # async fn ask_registry() -> std::io::Result<(Vec<SocketAddr>, String)> { Ok((Vec::new(), String::new())) }
    /// let registry = Polled::new(|| async {
    ///     let (addresses, config) = ask_registry().await?;
    ///     Ok::<_, std::io::Error>(Resolution::new(addresses).service_config(ServiceConfig::from_json(&config)))
    /// });
    /// let channel = Channel::builder("http://cafe.example")?.resolver(registry).connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn resolver_config(mut self, yes: bool) -> Self {
        self.many.get_or_insert_default().ignore_config(!yes);
        self
    }
}
