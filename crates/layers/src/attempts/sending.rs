use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;

pin_project! {
    /// One attempt: waits for a service to be ready, then for its answer.
    ///
    /// The service is a clone that is this attempt's alone, as tower's contract asks of a service that became ready.
    /// Nothing is sent before the first poll. Dropping it drops the request or, if that was sent, the service's future.
    pub(crate) struct Sending<S: Service<Request<B>>, B> {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = Projection]
    #[project_replace = Taken]
    enum State<S, F, B> {
        // The request stays in its place until it is sent.
        Unsent { service: S, request: Request<B> },
        Sent { #[pin] future: F },
        Over,
    }
}

impl<S: Service<Request<B>>, B> Sending<S, B> {
    /// Of a service that nobody has asked yet whether it is ready.
    pub(crate) fn new(service: S, request: Request<B>) -> Self {
        let state = State::Unsent { service, request };
        Self { state }
    }
}

impl<S: Service<Request<B>>, B> Future for Sending<S, B> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let Projection::Unsent { service, .. } = state.as_mut().project() {
            ready!(service.poll_ready(cx))?;
            if let Taken::Unsent {
                mut service,
                request,
            } = state.as_mut().project_replace(State::Over)
            {
                let future = service.call(request);
                state.set(State::Sent { future });
            }
        }
        match state.as_mut().project() {
            Projection::Sent { future } => future.poll(cx),
            Projection::Unsent { .. } | Projection::Over => panic!("polled after it was ready"),
        }
    }
}
