use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::{ResponseBody, ResponseFuture, settings::Settings};

/// Ends each call at its deadline; made by [`DeadlineLayer`](super::DeadlineLayer).
///
/// The inner service must be `Clone`: each call takes a clone and waits for it to be ready.
#[derive(Clone, Debug)]
pub struct WithDeadline<S> {
    inner: S,
    settings: Settings,
}

impl<S> WithDeadline<S> {
    pub(super) fn new(inner: S, settings: Settings) -> Self {
        Self { inner, settings }
    }
}

/// Always ready: the clone that a call takes is waited for under its deadline.
impl<S, B, R> Service<Request<B>> for WithDeadline<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: http_body::Body,
    B: 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture::new(self.inner.clone(), request, self.settings)
    }
}
