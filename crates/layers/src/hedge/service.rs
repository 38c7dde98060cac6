use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::Body;

use super::{ResponseBody, ResponseFuture, settings::Settings};

/// Sends calls several times at once; made by [`HedgeLayer`](super::HedgeLayer).
///
/// The inner service must be `Clone`: each attempt takes a clone and waits for it to be ready.
#[derive(Clone, Debug)]
pub struct WithHedge<S> {
    inner: S,
    settings: Settings,
}

impl<S> WithHedge<S> {
    pub(super) fn new(inner: S, settings: Settings) -> Self {
        Self { inner, settings }
    }
}

/// Always ready: the clone that an attempt takes is waited for in the call.
impl<S, R> Service<Request<Body>> for WithHedge<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
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
