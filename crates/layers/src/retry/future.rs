use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::{Body, BoxError};

use super::{ResponseBody, call::Call};

pin_project! {
    /// Waits for the answer of an attempt that the call is committed to, or for the last failure.
    ///
    /// Dropping it drops the attempt that is out, or its pause, and with it what was kept of the request (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request<Body>>, R: http_body::Body> {
        // That of the service that was ready; `None` once it is over.
        #[pin]
        first: Option<S::Future>,
        // `None` for a call without a policy, which goes straight through.
        call: Option<Box<Call<S, R>>>,
    }
}

impl<S: Service<Request<Body>>, R: http_body::Body> ResponseFuture<S, R> {
    /// Of the first attempt, which was sent, and of what sends the others.
    pub(super) fn new(first: S::Future, call: Option<Box<Call<S, R>>>) -> Self {
        let first = Some(first);
        Self { first, call }
    }
}

impl<S, R> Future for ResponseFuture<S, R>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(call) = this.call else {
            let first = this.first.as_pin_mut();
            let answer = ready!(first.expect("it is the only attempt").poll(cx))?;
            return Poll::Ready(Ok(answer.map(ResponseBody::plain)));
        };
        call.poll(this.first, cx)
    }
}

impl<S: Service<Request<Body>>, R: http_body::Body> fmt::Debug for ResponseFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.call.as_ref().map(|call| call.attempts());
        f.debug_struct("ResponseFuture")
            .field("attempts", &attempts)
            .finish_non_exhaustive()
    }
}
