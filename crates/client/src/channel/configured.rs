//! The other way of a call through a channel: by what a service config says, and past layers that run for each attempt.
//!
//! ```text
//!  what the config says of the method: timeout, wait for ready, limits of messages
//!   └ deadline      if it is shorter than what is kept further out, or nobody keeps one
//!      └ retry or hedging, if the config has a policy
//!         └ attempt layers, the user's
//!            └ status ▸ connection, as in a channel without a config
//! ```
//!
//! The floors are the public ones, and stand once for each entry of the config: a call finds its own by its path. Only a
//! channel that was given a config or attempt layers has this way; its calls are boxed, others pay nothing.

use std::{convert::Infallible, fmt, future::Future, pin::Pin, sync::Arc};

use http::{Request, Response};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_config::{ByMethod, MethodConfig, RetryOrHedgingPolicy, ServiceConfig};
use ziggurat_layers::{
    context::{CallContext, Deadline, ReceiveLimit},
    deadline::{DeadlineLayer, WithDeadline},
    hedge::{HedgeLayer, WithHedge},
    retry::{RetryLayer, Throttle, WithRetry},
};
use ziggurat_protocol::{Body, BoxError, Status, body::Overrun, response};

use super::{attempt::Attempt, ground::Ground, overrun};

/// How many attempts a policy of a config may have at most, where the builder is told no other number (C-1).
const MAX_ATTEMPTS: u32 = 5;

/// A call on this way: its floors are of several types.
pub(super) type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Puts a layer of the user's on an attempt.
pub(super) type AttemptLayer = Arc<dyn Fn(Attempt) -> Attempt + Send + Sync>;

/// What makes a channel's calls special, as its builder is told.
#[derive(Clone)]
pub(super) struct Special {
    /// The application's, if it has one.
    pub(super) config: Option<ServiceConfig>,
    /// Whether the policies of the config are kept (C-6).
    pub(super) retries: bool,
    /// How many attempts a policy of the config may have at most (C-1).
    pub(super) max_attempts: u32,
    /// Puts the user's layers on an attempt, the innermost first.
    pub(super) attempt_layers: Vec<AttemptLayer>,
}

/// The floors of a config, by the methods that it names.
pub(super) struct Configured {
    throttle: Option<Throttle>,
    methods: ByMethod<Entry>,
    /// For methods that it does not name.
    rest: Entry,
}

/// The floors of one entry of a config.
struct Entry {
    config: MethodConfig,
    /// How much of a request is kept to be sent again; `None` if the channel does not say.
    resend_limit: Option<usize>,
    floors: Floors,
}

/// The tower of an entry; each is always ready.
#[derive(Clone)]
enum Floors {
    Once(WithDeadline<Attempt>),
    Retry(WithDeadline<WithRetry<Attempt>>),
    Hedge(WithDeadline<WithHedge<Attempt>>),
}

impl Special {
    /// Puts the floors of each entry on the ground; all share one throttle (C-40), which is that of the floors before if
    /// their config has the same (C-44).
    pub(super) fn over(
        &self,
        config: &ServiceConfig,
        ground: &Ground,
        resend_limit: Option<usize>,
        before: Option<&Configured>,
    ) -> Configured {
        let attempt = Attempt::new(ground.clone());
        let layers = self.attempt_layers.iter();
        let attempt = layers.fold(attempt, |attempt, layer| layer(attempt));
        let before = before.and_then(|before| before.throttle.as_ref());
        let throttling = config.retry_throttling();
        let throttle = throttling.map(|throttling| throttling.throttle_after(before));
        let entry = |config: &MethodConfig| Entry {
            config: config.clone(),
            resend_limit,
            floors: Floors::of(config, self, throttle.as_ref(), &attempt),
        };
        Configured {
            methods: config.by_method(entry),
            rest: entry(&MethodConfig::default()),
            throttle: throttle.clone(),
        }
    }
}

impl Default for Special {
    fn default() -> Self {
        Self {
            config: None,
            retries: true,
            max_attempts: MAX_ATTEMPTS,
            attempt_layers: Vec::new(),
        }
    }
}

impl fmt::Debug for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Special")
            .field("config", &self.config)
            .field("retries", &self.retries)
            .field("max_attempts", &self.max_attempts)
            .field("attempt_layers", &self.attempt_layers.len())
            .finish()
    }
}

impl Configured {
    /// Sends a request as the config says of its method; nothing happens before the first poll.
    pub(super) async fn call(&self, request: Request<Body>) -> Response<Body> {
        let entry = self.methods.get(request.uri().path());
        entry.unwrap_or(&self.rest).call(request).await
    }
}

impl Entry {
    /// Sends one call. What a config forbids is answered here, and not sent.
    async fn call(&self, request: Request<Body>) -> Response<Body> {
        let (request, overrun) = match self.set(request) {
            Ok(request) => request,
            Err(status) => return response::trailers_only(status),
        };
        let mut answer = match &self.floors {
            Floors::Once(floor) => send(floor.clone(), request).await,
            Floors::Retry(floor) => send(floor.clone(), request).await,
            Floors::Hedge(floor) => send(floor.clone(), request).await,
        };
        if let Some(bytes) = self.config.max_response_message_bytes() {
            let extensions = answer.extensions_mut();
            let lower = extensions
                .get()
                .map_or(bytes, |&ReceiveLimit(other)| bytes.min(other));
            extensions.insert(ReceiveLimit(lower));
        }
        match overrun {
            Some(overrun) => overrun::told(answer, overrun),
            None => answer,
        }
    }

    /// Gives a request what the config says of its method, where the call does not say otherwise.
    ///
    /// Of two timeouts the one that ends earlier counts, both from the call's start (B-2); of waiting for a connection
    /// the call's own word (D-10); of limits the smaller one (F-14). What may be kept of a request is the channel's word for
    /// the policy too (C-25).
    fn set(&self, mut request: Request<Body>) -> Result<(Request<Body>, Option<Overrun>), Status> {
        let Self { config, .. } = self;
        let (wait, timeout) = (config.wait_for_ready(), config.timeout());
        if timeout.is_some() || wait.is_some() || self.resend_limit.is_some() {
            CallContext::change(&mut request, |mut context| {
                if let Some(timeout) = timeout {
                    let begun = context.begun().unwrap_or_else(Instant::now);
                    context = context.with_deadline(Deadline::since(begun, timeout));
                }
                if let Some(wait) = wait.filter(|_| context.wait_for_ready().is_none()) {
                    context = context.with_wait_for_ready(wait);
                }
                match self
                    .resend_limit
                    .filter(|_| context.resend_limit().is_none())
                {
                    Some(bytes) => context.with_resend_limit(bytes),
                    None => context,
                }
            });
        }
        let Some(limit) = config.max_request_message_bytes() else {
            return Ok((request, None));
        };
        let (head, body) = request.into_parts();
        let (body, overrun) = body.with_message_limit(limit)?;
        Ok((Request::from_parts(head, body), overrun))
    }
}

impl Floors {
    /// Those that an entry asks for, and no others: a policy, or none if the channel keeps none (C-5, C-6).
    ///
    /// The deadline floor costs one look at the context where nobody asks for a deadline.
    fn of(
        config: &MethodConfig,
        settings: &Special,
        throttle: Option<&Throttle>,
        attempt: &Attempt,
    ) -> Self {
        // The channel writes what is left when the request leaves.
        let deadline = DeadlineLayer::default().unannounced();
        let attempt = attempt.clone();
        match config.retry_or_hedging_policy() {
            Some(RetryOrHedgingPolicy::Retry(policy)) if settings.retries => {
                let retry = RetryLayer::new(policy.clone().capped(settings.max_attempts));
                let retry = throttle
                    .cloned()
                    .into_iter()
                    .fold(retry, RetryLayer::throttle);
                Self::Retry(deadline.layer(retry.layer(attempt)))
            }
            Some(RetryOrHedgingPolicy::Hedging(policy)) if settings.retries => {
                let hedge = HedgeLayer::new(policy.clone().capped(settings.max_attempts));
                let hedge = throttle
                    .cloned()
                    .into_iter()
                    .fold(hedge, HedgeLayer::throttle);
                Self::Hedge(deadline.layer(hedge.layer(attempt)))
            }
            _ => Self::Once(deadline.layer(attempt)),
        }
    }
}

/// Sends a request through floors that are ready, and never fail.
pub(super) async fn send<S, B>(mut floors: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let Ok(answer) = floors.call(request).await;
    answer.map(Body::new)
}
