use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::Body;

use super::{ResponseBody, call::Call, running::First};

pin_project! {
    /// Waits for the first attempt that is answered, or for the last failure.
    ///
    /// It begins the attempts, and owns those that run: nothing is spawned. Each wake polls them all, then the timer of the
    /// next attempt, so that an answer beats a timer that is due with it.
    ///
    /// Dropping it drops all attempts that run, and the timer of the next (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request<Body>>, R> {
        #[pin]
        first: First<S>,
        // `None` for a call without a policy, which goes straight through.
        call: Option<Box<Call<S, R>>>,
    }
}

impl<S: Service<Request<Body>>, R> ResponseFuture<S, R> {
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

impl<S: Service<Request<Body>>, R> fmt::Debug for ResponseFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.call.as_ref().map(|call| call.attempts());
        f.debug_struct("ResponseFuture")
            .field("attempts", &attempts)
            .finish_non_exhaustive()
    }
}
