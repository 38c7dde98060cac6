use http::Request;
use tower_layer::Layer;
use ziggurat_protocol::Body;

use super::{HedgingPolicy, Throttle, WithHedge};
use crate::attempts::{Policies, Settings};

/// Sends calls several times at once, as a [`HedgingPolicy`] says.
///
/// Over a channel, with which a stub is made: each attempt picks a connection anew, and all end with the call's deadline.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{Code, MethodDescriptor};
/// use ziggurat::layers::hedge::{HedgeLayer, HedgingPolicy, Throttle};
///
/// let policy = HedgingPolicy::builder()
///     .hedging_delay(Duration::from_millis(200))
///     .non_fatal_codes([Code::Unavailable])
///     .build()?;
/// // All calls, or those of methods that the .proto calls idempotent, or as you say.
/// let all = HedgeLayer::new(policy.clone()).throttle(Throttle::new(100, 0.1)?);
/// let safe = HedgeLayer::idempotent(policy.clone());
/// let reads = HedgeLayer::choose(move |request| {
///     let method = MethodDescriptor::of(request)?;
///     method.name().starts_with("Get").then(|| policy.clone())
/// });
/// # drop((all, safe, reads));
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug)]
pub struct HedgeLayer {
    settings: Settings<HedgingPolicy>,
}

impl HedgeLayer {
    /// Hedges all calls by one policy.
    pub fn new(policy: HedgingPolicy) -> Self {
        Policies::all(policy).into()
    }

    /// Hedges by one policy those calls alone whose method may be repeated, as its `idempotency_level` in the `.proto`
    /// says: `IDEMPOTENT` or `NO_SIDE_EFFECTS`.
    ///
    /// Requests of foreign stubs do not say of which method they are, and are sent once.
    pub fn idempotent(policy: HedgingPolicy) -> Self {
        Policies::idempotent(policy).into()
    }

    /// Hedges each call by the policy that is chosen for it, and sends a call for which there is `None` once.
    ///
    /// It is asked once per call, before the first attempt. What it may look at is the request as the floor gets it: the
    /// method, headers, what the call's context sets.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat::MethodDescriptor;
    /// use ziggurat::layers::hedge::{HedgeLayer, HedgingPolicy};
    ///
    /// let quick = HedgingPolicy::builder().hedging_delay(Duration::from_millis(20)).build()?;
    /// let slow = HedgingPolicy::builder().hedging_delay(Duration::from_millis(500)).build()?;
    /// let layer = HedgeLayer::choose(move |request| match MethodDescriptor::of(request)?.path() {
    ///     "/cafe.v1.CoffeeMachine/Watch" => Some(quick.clone()),
    ///     "/cafe.v1.CoffeeMachine/Search" => Some(slow.clone()),
    ///     _ => None, // who drinks two?
    /// });
    /// # drop(layer);
    /// # Ok::<_, ziggurat::layers::hedge::InvalidPolicy>(())
    /// ```
    pub fn choose(
        policy: impl Fn(&Request<Body>) -> Option<HedgingPolicy> + Send + Sync + 'static,
    ) -> Self {
        Policies::choose(policy).into()
    }

    /// Stops hedges while too many attempts fail; by default nothing stops them.
    ///
    /// Give the clones of one [`Throttle`] to all layers above the same server, those of retries too. An attempt that fails
    /// with a code that is not fatal takes a token, and so does one that the server
    /// [forbids](ziggurat_protocol::response::Pushback) to repeat; a call that ends with OK gives some back, when its
    /// trailers are read. Attempts that are cancelled since another was answered change nothing.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.settings.throttle = Some(throttle);
        self
    }
}

impl From<Policies<HedgingPolicy>> for HedgeLayer {
    fn from(policies: Policies<HedgingPolicy>) -> Self {
        let settings = policies.into();
        Self { settings }
    }
}

impl<S> Layer<S> for HedgeLayer {
    type Service = WithHedge<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithHedge::new(inner, self.settings.clone())
    }
}
