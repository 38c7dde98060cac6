use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Prepare,
    shared::{Shared, Waiting},
    slot::{Acquired, Lease},
};
use crate::{Connection, Error, RequestBody, ResponseBody, error::Kind};

type Prepared<L, B> = <L as Layer<Connection<B>>>::Service;
type Sent<L, B> = <Prepared<L, B> as Service<Request<B>>>::Future;

pin_project! {
    /// The response of a [`Channel`](super::Channel).
    ///
    /// Nothing happens before its first poll. Dropping it cancels the call: what waits for a connection is not sent, and
    /// what was sent is reset (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<L: Prepare<B>, B: RequestBody> {
        channel: Shared<L, B>,
        // Here until it is sent, and again when it comes back unsent.
        request: Option<Request<B>>,
        #[pin]
        state: State<Prepared<L, B>, Sent<L, B>, B>,
    }
}

pin_project! {
    // ```text
    // Start ─► Connecting ─► Readying ─► Sending ─► response
    //   │                       ▲  │        │
    //   └──── connected ────────┘  │        │
    //   ▲      connection closed   │        │ request never left
    //   └──────────────────────────┴────────┘
    // ```
    #[project = StateProject]
    enum State<S, F, B> {
        Start,
        Connecting { attempt: u64, outcome: Waiting<B> },
        Readying { lease: Lease<S> },
        Sending { attempt: u64, #[pin] future: F },
    }
}

impl<L: Prepare<B>, B: RequestBody> ResponseFuture<L, B> {
    pub(super) fn new(channel: Shared<L, B>, request: Request<B>) -> Self {
        let request = Some(request);
        Self {
            channel,
            request,
            state: State::Start,
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for ResponseFuture<L, B> {
    type Output = Result<Response<ResponseBody>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProject::Start => start(this.channel),
                StateProject::Connecting { attempt, outcome } => {
                    let connection = ready!(outcome.as_mut().poll(cx))?;
                    let (service, attempt) = (this.channel.prepare(connection), *attempt);
                    State::Readying {
                        lease: Lease { service, attempt },
                    }
                }
                StateProject::Readying {
                    lease: Lease { service, attempt },
                } => match ready!(service.poll_ready(cx)) {
                    Ok(()) => send(service, *attempt, this.request),
                    Err(error) if error.error().kind() == Kind::Closed => {
                        again(this.channel, *attempt)
                    }
                    Err(error) => return Poll::Ready(Err(error.into_parts().0)),
                },
                StateProject::Sending { attempt, future } => match ready!(future.poll(cx)) {
                    Ok(response) => return Poll::Ready(Ok(response)),
                    Err(error) => match error.into_parts() {
                        (error, None) => return Poll::Ready(Err(error)),
                        (_, Some(request)) => {
                            *this.request = Some(*request);
                            again(this.channel, *attempt)
                        }
                    },
                },
            };
            this.state.set(next);
        }
    }
}

/// ## Start → Readying or Connecting
fn start<L: Prepare<B>, B: RequestBody>(
    channel: &Shared<L, B>,
) -> State<Prepared<L, B>, Sent<L, B>, B> {
    match channel.acquire() {
        Acquired::Ready(lease) => State::Readying { lease },
        Acquired::Connecting(ticket) => State::Connecting {
            attempt: ticket.attempt,
            outcome: channel.wait(ticket),
        },
    }
}

/// ## Readying → Sending
fn send<S: Service<Request<B>>, B>(
    service: &mut S,
    attempt: u64,
    request: &mut Option<Request<B>>,
) -> State<S, S::Future, B> {
    let request = request.take().expect("polled once after its end");
    let future = service.call(request);
    State::Sending { attempt, future }
}

/// ## Readying, Sending → Start: the request never left (C-30)
///
/// The connection that did not take it is not asked again, so each round waits for a new one.
fn again<L: Prepare<B>, B: RequestBody, S, F>(
    channel: &Shared<L, B>,
    attempt: u64,
) -> State<S, F, B> {
    channel.retire(attempt);
    State::Start
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for ResponseFuture<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
