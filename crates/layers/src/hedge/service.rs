use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::Body;

use super::{HedgingPolicy, ResponseBody, ResponseFuture, call::Call};
use crate::attempts::Settings;

/// Sends calls several times at once; made by [`HedgeLayer`](super::HedgeLayer).
///
/// It is ready when the inner service is, and that sends the first attempt: what it has reserved is used, or released when
/// this is dropped. The inner service must be `Clone`: each further attempt takes a clone and waits for it to be ready.
#[derive(Clone, Debug)]
pub struct WithHedge<S> {
    inner: S,
    settings: Settings<HedgingPolicy>,
}

impl<S> WithHedge<S> {
    pub(super) fn new(inner: S, settings: Settings<HedgingPolicy>) -> Self {
        Self { inner, settings }
    }
}

impl<S, R> Service<Request<Body>> for WithHedge<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
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
            Call::of(spare, &mut request, policy, throttle)
        });
        ResponseFuture::new(self.inner.call(request), call)
    }
}
