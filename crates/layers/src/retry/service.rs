use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::{Body, BoxError};

use super::{ResponseBody, ResponseFuture, RetryPolicy, call::Call};
use crate::attempts::Settings;

/// Sends calls again that failed; made by [`RetryLayer`](super::RetryLayer).
///
/// It is ready when the inner service is, and that sends the first attempt: what it has reserved is used, or released when
/// this is dropped. The inner service must be `Clone`: each further attempt takes a clone and waits for it to be ready. So
/// limits and balancers inside count attempts, and those outside count calls.
///
/// A layer whose requests have another body goes inside too, or makes a [`Body`] of it, for that can be cloned.
#[derive(Clone, Debug)]
pub struct WithRetry<S> {
    inner: S,
    settings: Settings<RetryPolicy>,
    seed: Option<u64>,
}

impl<S> WithRetry<S> {
    pub(super) fn new(inner: S, settings: Settings<RetryPolicy>, seed: Option<u64>) -> Self {
        Self {
            inner,
            settings,
            seed,
        }
    }
}

impl<S, R> Service<Request<Body>> for WithRetry<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// A call that has no policy, or that somebody further out sends again already (T-23), goes straight through.
    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let policy = self.settings.policies.of(&request);
        let call = policy.map(|policy| {
            let spare = self.inner.clone();
            let throttle = self.settings.throttle.clone();
            Call::of(spare, &mut request, policy, throttle, self.seed)
        });
        ResponseFuture::new(self.inner.call(request), call)
    }
}
