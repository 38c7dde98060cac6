use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::Body;

use super::{ResponseBody, call::Call, running::First, settings::Settings};
use crate::attempts::{Original, Sending};

pin_project! {
    /// Waits for the first attempt that is answered, or for the last failure.
    ///
    /// It begins the attempts, and owns those that run: nothing is spawned. Each wake polls them all, then the timer of the
    /// next attempt, so that an answer beats a timer that is due with it.
    ///
    /// Dropping it drops all attempts that run, and the timer of the next (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request<Body>>, R> {
        // `None` for a call without a policy, which goes straight through.
        call: Option<Box<Call<S, R>>>,
        #[pin]
        first: First<S>,
    }
}

impl<S, R> ResponseFuture<S, R>
where
    S: Service<Request<Body>> + Clone,
{
    /// Makes the first attempt, which leaves with the first poll.
    ///
    /// A call that has no policy, or that somebody further out sends again already (T-23), goes straight through.
    pub(super) fn new(service: S, request: Request<Body>, settings: &Settings) -> Self {
        let Some(policy) = settings.policies.of(&request) else {
            return Self {
                call: None,
                first: Some(Sending::new(service, request)),
            };
        };
        let (original, first) = Original::new(request);
        let first = Some(Sending::new(service.clone(), first));
        let call = Call::new(service, original, policy, settings.throttle.clone());
        Self {
            call: Some(Box::new(call)),
            first,
        }
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
            let answer = first.expect("it is the only attempt").poll(cx);
            return answer.map_ok(|answer| answer.map(ResponseBody::plain));
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
