//! Says in each request how much time is left for it when it leaves.
//!
//! The origin floor does so for what stands among a request's extensions. Here the context is in the request's body, which
//! the origin floor does not know.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::body::RequestBody;

/// Writes `grpc-timeout`, once per attempt: a call that waited for a stream, or is sent again, says what is left then.
///
/// A call without a deadline costs a look at its body. What a foreign stub has written stays as it is: the channel has
/// made a deadline of it before, and the request has that.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLayer;

impl<S> Layer<S> for TimeLayer {
    type Service = WithTime<S>;

    fn layer(&self, inner: S) -> WithTime<S> {
        WithTime { inner }
    }
}

/// Made by [`TimeLayer`]; outside of the origin floor, which writes the rest of the head.
#[derive(Clone, Debug)]
pub(super) struct WithTime<S> {
    inner: S,
}

impl<S> Service<Request<RequestBody>> for WithTime<S>
where
    S: Service<Request<RequestBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> S::Future {
        if let Some(deadline) = request.body().deadline() {
            deadline.write_to(request.headers_mut());
        }
        self.inner.call(request)
    }
}
