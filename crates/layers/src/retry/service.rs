use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::{Body, BoxError};

use super::{ResponseBody, ResponseFuture, settings::Settings};

/// Sends calls again that failed; made by [`RetryLayer`](super::RetryLayer).
///
/// The inner service must be `Clone`: each attempt takes a clone and waits for it to be ready. So limits and balancers
/// inside count attempts, and those outside count calls.
///
/// A layer whose requests have another body goes inside too, or makes a [`Body`] of it, for that can be cloned.
#[derive(Clone, Debug)]
pub struct WithRetry<S> {
    inner: S,
    settings: Settings,
}

impl<S> WithRetry<S> {
    pub(super) fn new(inner: S, settings: Settings) -> Self {
        Self { inner, settings }
    }
}

/// Always ready: the clone that an attempt takes is waited for in the call.
impl<S, R> Service<Request<Body>> for WithRetry<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ResponseFuture::new(self.inner.clone(), request, &self.settings)
    }
}
