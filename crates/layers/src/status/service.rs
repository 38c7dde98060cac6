use std::{
    convert::Infallible,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::BoxError;

use super::{ResponseBody, ResponseFuture};

/// Makes every answer a gRPC answer; made by [`StatusLayer`](super::StatusLayer).
///
/// As ready as its inner service. That one's failure to become ready is the next call's answer.
#[derive(Debug)]
pub struct WithStatus<S> {
    inner: S,
    /// The inner service failed to become ready: the next call's answer.
    failed: Option<BoxError>,
}

impl<S> WithStatus<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            failed: None,
        }
    }

    /// The service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S, B, R> Service<Request<B>> for WithStatus<S>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
    R: http_body::Body<Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.failed.is_none() {
            self.failed = ready!(self.inner.poll_ready(cx)).err().map(Into::into);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.failed.take() {
            Some(error) => ResponseFuture::failed(error),
            None => ResponseFuture::sent(self.inner.call(request)),
        }
    }
}

/// A clone has not failed: it asks the inner service itself.
impl<S: Clone> Clone for WithStatus<S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}
