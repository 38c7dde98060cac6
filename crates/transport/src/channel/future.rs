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
    Prepare, ResponseBody,
    lease::{Lease, Stream},
    queue::{Patience, Ticket},
    resend::{Kept, Resend},
    shared::{Acquired, Shared},
    waiting::Waiting,
};
use crate::{Connection, Error, RequestBody, SendError, error::Kind};

type Prepared<L, B> = <L as Layer<Connection<Resend<B>>>>::Service;
type Sent<L, B> = <Prepared<L, B> as Service<Request<Resend<B>>>>::Future;

pin_project! {
    /// The response of a [`Channel`](super::Channel).
    ///
    /// Nothing happens before its first poll. Dropping it cancels the call: what waits for a connection or a stream is
    /// not sent, and what was sent is reset (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<L: Prepare<Resend<B>>, B: RequestBody> {
        call: Pending<L, B>,
        #[pin]
        state: State<L, B>,
    }
}

pin_project! {
    // ```text
    // Start ─► Queued ─► Readying ─► Sending ─► response
    //   │                   ▲  │        │
    //   └── stream free ────┘  │        │
    //   ▲      closed          │        │ never left, or never processed
    //   └──────────────────────┴────────┘
    // ```
    #[project = StateProject]
    enum State<L: Prepare<Resend<B>>, B: RequestBody> {
        Start,
        Queued { waiting: Waiting<L, B> },
        Readying { service: Prepared<L, B>, stream: Option<Stream> },
        Sending { stream: Option<Stream>, #[pin] future: Sent<L, B> },
    }
}

/// A call that has no response yet.
struct Pending<L: Prepare<Resend<B>>, B: RequestBody> {
    channel: Shared<L, B>,
    request: Kept<B>,
    patience: Patience,
    /// Its place among the calls, from the first time that it waited on.
    ticket: Option<Ticket>,
    /// Whether a server said once that it did not process it (C-31).
    was_refused: bool,
}

impl<L: Prepare<Resend<B>>, B: RequestBody> ResponseFuture<L, B> {
    pub(super) fn new(channel: Shared<L, B>, request: Kept<B>, patience: Patience) -> Self {
        let call = Pending {
            channel,
            request,
            patience,
            ticket: None,
            was_refused: false,
        };
        Self {
            call,
            state: State::Start,
        }
    }
}

impl<L: Prepare<Resend<B>>, B: RequestBody> Future for ResponseFuture<L, B> {
    type Output = Result<Response<ResponseBody>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProject::Start => this.call.start()?,
                StateProject::Queued { waiting } => {
                    State::readying(ready!(Pin::new(waiting).poll(cx))?)
                }
                StateProject::Readying { service, stream } => {
                    match ready!(service.poll_ready(cx)) {
                        Ok(()) => State::Sending {
                            future: service.call(this.call.request.attempt()),
                            stream: stream.take(),
                        },
                        Err(error) => this.call.not_ready(&taken(stream), error)?,
                    }
                }
                StateProject::Sending { stream, future } => match ready!(future.poll(cx)) {
                    Ok(response) => {
                        this.call.request.release();
                        let stream = taken(stream);
                        stream.served();
                        let response = response.map(|body| ResponseBody::new(body, stream));
                        return Poll::Ready(Ok(response));
                    }
                    Err(error) => this.call.again(&taken(stream), error)?,
                },
            };
            this.state.set(next);
        }
    }
}

fn taken(stream: &mut Option<Stream>) -> Stream {
    stream.take().expect("polled once after its end")
}

impl<L: Prepare<Resend<B>>, B: RequestBody> State<L, B> {
    fn readying(lease: Lease<Prepared<L, B>>) -> Self {
        let Lease { service, stream } = lease;
        let stream = Some(stream);
        Self::Readying { service, stream }
    }
}

impl<L: Prepare<Resend<B>>, B: RequestBody> Pending<L, B> {
    /// ## Start → Readying or Queued
    fn start(&mut self) -> Result<State<L, B>, Error> {
        let acquired = self.channel.acquire(&mut self.ticket, self.patience)?;
        Ok(match acquired {
            Acquired::Ready(lease) => State::readying(lease),
            Acquired::Queued(ticket, answer) => State::Queued {
                waiting: Waiting::new(self.channel.clone(), ticket, answer),
            },
        })
    }

    /// ## Readying → Start: the connection closed meanwhile (D-14)
    fn not_ready(
        &self,
        stream: &Stream,
        error: SendError<Resend<B>>,
    ) -> Result<State<L, B>, Error> {
        let (error, _) = error.into_parts();
        match error.kind() {
            Kind::Closed => Ok(self.elsewhere(stream, error)),
            _ => Err(error),
        }
    }

    /// ## Sending → Start: it is safe to send it again
    fn again(
        &mut self,
        stream: &Stream,
        error: SendError<Resend<B>>,
    ) -> Result<State<L, B>, Error> {
        let (error, unsent) = error.into_parts();
        if unsent.is_some() {
            // C-30: without limit.
            return Ok(self.elsewhere(stream, error));
        }
        let kind = error.kind();
        if kind == Kind::Closed && self.request.is_whole() {
            // C-30: the connection took it, and was lost before it left.
            return Ok(self.elsewhere(stream, error));
        }
        if self.was_refused || !is_unprocessed(kind) || !self.request.is_whole() {
            return Err(error);
        }
        // C-31: once.
        self.was_refused = true;
        Ok(match kind {
            Kind::GoAway { .. } => self.elsewhere(stream, error),
            _ => State::Start,
        })
    }

    /// This connection is not asked again, so each round waits for a new one: nothing spins.
    fn elsewhere(&self, stream: &Stream, error: Error) -> State<L, B> {
        self.channel.retire(stream.connection(), error);
        State::Start
    }
}

/// Whether the server said that it did not act on the request. Only what it said counts (L-9, L-10).
fn is_unprocessed(kind: Kind) -> bool {
    const REFUSED_STREAM: u32 = 7;
    match kind {
        Kind::Reset { code, remote } => remote && code == REFUSED_STREAM,
        Kind::GoAway { remote, .. } => remote,
        _ => false,
    }
}

impl<L: Prepare<Resend<B>>, B: RequestBody> fmt::Debug for ResponseFuture<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_said_makes_a_request_unprocessed() {
        // C-31, C-35, L-9, L-10
        for (code, is_refused) in [(7, true), (2, false), (8, false)] {
            let reset = |remote| is_unprocessed(Kind::Reset { code, remote });
            assert_eq!((reset(true), reset(false)), (is_refused, false), "{code}");
            let goaway = |remote| is_unprocessed(Kind::GoAway { code, remote });
            assert_eq!((goaway(true), goaway(false)), (true, false), "{code}");
        }
        for kind in [Kind::Lost, Kind::GivenUp, Kind::Shutdown, Kind::Other] {
            assert!(!is_unprocessed(kind), "{kind:?}");
        }
    }
}
