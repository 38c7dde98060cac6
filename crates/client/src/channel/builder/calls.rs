use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_config::ServiceConfig;
use ziggurat_protocol::{Body, BoxError};

use super::{super::configured::Special, Builder};
use crate::channel::Attempt;

/// How calls are sent, beside what each says itself.
///
/// A channel that is told something here sends its calls through floors of their own, in a box each; others pay nothing.
impl<C> Builder<C> {
    /// Follows this service config: timeouts, waiting for a connection, limits of messages, retries or hedges, by method.
    ///
    /// What a call or its stub sets goes before it: of two timeouts the earlier end counts, both from the call's start
    /// (B-2); its own word on waiting for ready (D-10); of two limits the smaller (F-14). A floor around the channel that
    /// sends calls again and [marks](crate::layers::context::CallContext::with_previous_attempts) its attempts, as ours do, goes
    /// before the config's policy too: then that steps aside, and attempts do not multiply. To the config the attempts of a
    /// floor that does not are calls of their own: each has the policy's attempts, and the timeout from its own start.
    /// One throttle is kept for all methods (C-40).
    ///
    /// ```
    /// use ziggurat::{Channel, service_config::ServiceConfig};
    ///
    /// let config = ServiceConfig::from_json(r#"{
    ///     "methodConfig": [{
    ///         "name": [{ "service": "cafe.v1.CoffeeMachine" }],
    ///         "timeout": "5s",
    ///         "retryPolicy": {
    ///             "maxAttempts": 3,
    ///             "initialBackoff": "0.1s",
    ///             "maxBackoff": "1s",
    ///             "backoffMultiplier": 2,
    ///             "retryableStatusCodes": ["UNAVAILABLE"]
    ///         }
    ///     }]
    /// }"#)?;
    /// let channel = Channel::builder("http://cafe.example:50051")?
    ///     .service_config(config)
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn service_config(mut self, config: ServiceConfig) -> Self {
        self.special().config = Some(config);
        self
    }

    /// Whether the retry and hedging policies of a service config are kept; they are by default (C-6).
    ///
    /// What never reached the server is sent again all the same, and the rest of the config holds.
    pub fn retries(mut self, yes: bool) -> Self {
        self.special().retries = yes;
        self
    }

    /// The most attempts of a call, whatever a policy of the service config says: 5 by default, 2 at least (C-1).
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.special().max_attempts = attempts;
        self
    }

    /// Puts a layer below what a service config sends again, for what is to run for each attempt: credentials, a limit, the
    /// trace of an attempt. The last one that is set is the outermost.
    ///
    /// Layers *around* the channel run once for each call, whatever the config makes of it. What this one answers, or
    /// fails with, is made an answer of gRPC before anything judges it.
    ///
    /// ```
    /// use tower::{ServiceBuilder, limit::ConcurrencyLimitLayer};
    /// use ziggurat::Channel;
    ///
    /// // An attempt that waits out its pause takes no place.
    /// let channel = Channel::builder("http://cafe.example:50051")?
    ///     .attempt_layer(ConcurrencyLimitLayer::new(100))
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn attempt_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Attempt> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let put = move |attempt: Attempt| attempt.layered(&layer);
        self.special().attempt_layers.push(Arc::new(put));
        self
    }

    fn special(&mut self) -> &mut Special {
        self.special.get_or_insert_default()
    }
}
