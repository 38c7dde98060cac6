use http::Request;
use tower_layer::Layer;
use ziggurat_protocol::Body;

use super::{RetryPolicy, Throttle, WithRetry};
use crate::attempts::{Policies, Settings};

/// Sends calls again that failed, as a [`RetryPolicy`] says.
///
/// ```
/// use ziggurat::{Body, Code, MethodDescriptor};
/// use ziggurat::layers::retry::{RetryLayer, RetryPolicy, Throttle};
///
/// let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]).build()?;
/// // All calls, or those of methods that the .proto calls idempotent, or as you say.
/// let all = RetryLayer::new(policy.clone()).throttle(Throttle::new(100, 0.1)?);
/// let safe = RetryLayer::idempotent(policy.clone());
/// let reads = RetryLayer::choose(move |request| {
///     let method = MethodDescriptor::of(request)?;
///     method.name().starts_with("Get").then(|| policy.clone())
/// });
/// # drop((all, safe, reads));
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryLayer {
    settings: Settings<RetryPolicy>,
    /// Of the jitter, for tests.
    seed: Option<u64>,
}

impl RetryLayer {
    /// Retries all calls by one policy.
    pub fn new(policy: RetryPolicy) -> Self {
        Policies::all(policy).into()
    }

    /// Retries by one policy those calls alone whose method may be repeated, as its `idempotency_level` in the `.proto`
    /// says: `IDEMPOTENT` or `NO_SIDE_EFFECTS`.
    ///
    /// Requests of foreign stubs do not say of which method they are, and are not retried.
    pub fn idempotent(policy: RetryPolicy) -> Self {
        Policies::idempotent(policy).into()
    }

    /// Retries each call by the policy that is chosen for it, and a call for which there is `None` not at all.
    ///
    /// It is asked once per call, before the first attempt. What it may look at is the request as the floor gets it: the
    /// method, headers, what the call's context sets.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat::{Code, MethodDescriptor};
    /// use ziggurat::layers::retry::{RetryLayer, RetryPolicy};
    ///
    /// let common = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    /// let patient = common.clone().max_attempts(6).max_backoff(Duration::from_secs(10)).build()?;
    /// let common = common.build()?;
    /// let layer = RetryLayer::choose(move |request| match MethodDescriptor::of(request)?.path() {
    ///     "/cafe.v1.CoffeeMachine/MakeLatte" => None, // who pays for two?
    ///     "/cafe.v1.CoffeeMachine/Upload" => Some(patient.clone()),
    ///     _ => Some(common.clone()),
    /// });
    /// # drop(layer);
    /// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
    /// ```
    pub fn choose(
        policy: impl Fn(&Request<Body>) -> Option<RetryPolicy> + Send + Sync + 'static,
    ) -> Self {
        Policies::choose(policy).into()
    }

    /// Stops retries while too many attempts fail; by default nothing stops them.
    ///
    /// Give the clones of one [`Throttle`] to all layers above the same server. An attempt that fails with a code of its
    /// policy takes a token, and so does one that the server [forbids](ziggurat_protocol::response::Pushback) to repeat; a
    /// call that ends with OK gives some back, when its trailers are read.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.settings.throttle = Some(throttle);
        self
    }

    /// Makes the jitter of the pauses the same for each call, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl From<Policies<RetryPolicy>> for RetryLayer {
    fn from(policies: Policies<RetryPolicy>) -> Self {
        let settings = policies.into();
        Self {
            settings,
            seed: None,
        }
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = WithRetry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithRetry::new(inner, self.settings.clone(), self.seed)
    }
}
