//! A call on its way through the channel: the future that looks for a connection, sends, and begins anew.
//!
//! It is polled by its caller and spawns nothing. Whatever place it stands at, dropping it takes it out of there: a place in
//! the queue, a stream that was lent, a request that was sent.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Prepare, ResponseBody,
    many::{Asking, Ended, Leasing},
    resend::Outgoing,
    servers::{Queued, Servers, Turn},
    shared::Shared,
};
use crate::{
    Connection, Error, RequestBody, SendError,
    endpoint::{Acquired, Lease, Patience, Stream, Ticket},
    error::Kind,
};

/// What a channel's layer makes of a connection, and calls are sent by.
type Prepared<L, B> = <L as Layer<Connection<B>>>::Service;
/// A request that is on its way to its response.
type Sent<L, B> = <Prepared<L, B> as Service<Request<B>>>::Future;

pin_project! {
    /// The response of a [`Channel`](super::Channel).
    ///
    /// Nothing happens before its first poll. Dropping it cancels the call: what waits for a connection or a stream is
    /// not sent, and what was sent is reset (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<L: Prepare<B>, B: RequestBody> {
        call: Pending<L, B>,
        #[pin]
        state: State<L, B>,
    }
}

pin_project! {
    // ```text
    //   ┌──────── a stream is free ────────┐
    //   │                                  ▼
    // Start ─► Queued ─► (Readying) ─► Sending ─► response
    //   ▲         │          │             │
    //   └─────────┴──────────┴─────────────┘
    //   handed back       closed    never left, or never processed
    // ```
    #[project = StateProject]
    enum State<L: Prepare<B>, B: RequestBody> {
        Start,
        Queued { waiting: Queued<Prepared<L, B>> },
        // Seldom, and boxed: or every call were as large. `None` when it is left.
        Readying { lease: Option<Box<Lease<Prepared<L, B>>>> },
        Sending { stream: Option<Stream>, #[pin] future: Sent<L, B> },
    }
}

/// A call that has no response yet.
struct Pending<L: Prepare<B>, B: RequestBody> {
    /// Keeps the channel as long as the call may need another connection.
    channel: Shared<Prepared<L, B>>,
    /// What is sent, and sent again.
    request: Outgoing<B>,
    /// Through which failures it waits; a call that came back from a connection waits through one more.
    patience: Patience,
    /// Its place among the calls, from the first time that it waited on.
    ticket: Option<Ticket>,
    /// Whether a server said once that it did not process it (C-31).
    was_refused: bool,
    /// Who is told how it ends where it was sent to, if somebody wants to know.
    ended: Option<Box<Ended>>,
}

impl<L: Prepare<B>, B: RequestBody> ResponseFuture<L, B> {
    /// A call that nothing was done for yet.
    ///
    /// It takes its place among the calls with its first poll, not here.
    pub(super) fn new(
        channel: Shared<Prepared<L, B>>,
        request: Outgoing<B>,
        patience: Patience,
    ) -> Self {
        let call = Pending {
            channel,
            request,
            patience,
            ticket: None,
            was_refused: false,
            ended: None,
        };
        Self {
            call,
            state: State::Start,
        }
    }

    /// Who is to be told how the call ends, if somebody wants to know; once the response is there, its taker says that it was
    /// a success. Who does not take it tells of a failure.
    pub fn take_ended(self: Pin<&mut Self>) -> Option<Ended> {
        self.project().call.ended.take().map(|ended| *ended)
    }

    /// The future of the attempt that was sent last, if one was; once the response is there, of the one that gave it.
    ///
    /// What a [`Prepare`] layer's future knows of its connection can be asked for here. It need not be an extension of
    /// each response, which costs three allocations.
    pub fn attempt(&self) -> Option<&<L::Service as Service<Request<B>>>::Future> {
        match &self.state {
            State::Sending { future, .. } => Some(future),
            State::Start | State::Queued { .. } | State::Readying { .. } => None,
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for ResponseFuture<L, B> {
    type Output = Result<Response<ResponseBody>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProject::Start => this.call.start(cx)?,
                StateProject::Queued { waiting } => match ready!(waiting.poll(cx))? {
                    Turn::Leased(lease) => {
                        this.call.request.tell(|progress| progress.goes_on());
                        this.call.send(lease, cx)?
                    }
                    Turn::Found(leasing) => {
                        this.call.request.tell(|progress| progress.goes_on());
                        this.call.go_on(leasing, cx)?
                    }
                    Turn::HandedBack(reason) => this.call.handed_back(reason)?,
                },
                StateProject::Readying { lease } => {
                    let service = &mut lease.as_mut().expect("left at once").service;
                    let readiness = ready!(service.poll_ready(cx));
                    let lease = lease.take().expect("it was just there");
                    this.call.send_if(readiness, *lease)?
                }
                StateProject::Sending { stream, future } => match ready!(future.poll(cx)) {
                    Ok(response) => {
                        this.call.request.release();
                        let stream = over(stream).served();
                        let response = response.map(|body| ResponseBody::new(body, stream));
                        return Poll::Ready(Ok(response));
                    }
                    Err(error) => {
                        let decide =
                            |call: &mut Pending<_, _>, error| call.again(over(stream), error);
                        this.call.told(error, decide)?
                    }
                },
            };
            this.state.set(next);
        }
    }
}

/// The stream of a state that is over.
///
/// It counts as failed until somebody says that it was answered or refused.
fn over(stream: &mut Option<Stream>) -> Stream {
    let mut stream = stream.take().expect("polled once after its end");
    stream.failed();
    stream
}

impl<L: Prepare<B>, B: RequestBody> Pending<L, B> {
    /// ## Start → Sending or Queued
    fn start(&mut self, cx: &mut Context<'_>) -> Result<State<L, B>, Error> {
        let channel = &self.channel;
        let ticket = *self.ticket.get_or_insert_with(|| channel.ticket());
        match channel.servers() {
            Servers::One(endpoint) => match endpoint.acquire(ticket, self.patience) {
                Acquired::Leased(lease) => self.send(lease, cx),
                Acquired::Queued(waiting) => Ok(self.wait(Queued::Endpoint(waiting))),
                // It keeps a call in its queue as long as that is worth it.
                Acquired::HandedBack(reason) => Err(reason),
            },
            Servers::Many(balancer) => {
                let leasing = balancer.lease(&Asking {
                    ticket,
                    patience: self.patience,
                    call: self.request.call(),
                })?;
                self.go_on(leasing, cx)
            }
        }
    }

    /// ## Start, Queued → Sending or Queued, by the word of a balancer
    fn go_on(
        &mut self,
        leasing: Leasing<Prepared<L, B>>,
        cx: &mut Context<'_>,
    ) -> Result<State<L, B>, Error> {
        let (waiting, ended) = match leasing {
            Leasing::Leased(lease, ended) => {
                self.ended = ended.map(Box::new);
                return self.send(lease, cx);
            }
            Leasing::Waits(waiting, ended) => (Queued::Endpoint(waiting), ended),
            Leasing::Queued(place) => (Queued::Channel(place), None),
        };
        self.ended = ended.map(Box::new);
        Ok(self.wait(waiting))
    }

    /// ## Start, Queued → Queued
    fn wait(&self, waiting: Queued<Prepared<L, B>>) -> State<L, B> {
        if let Some(wait) = waiting.wait(self.channel.servers()) {
            self.request.tell(|progress| progress.waits(wait));
        }
        State::Queued { waiting }
    }

    /// ## Queued → Start: there may be another server for it
    fn handed_back(&mut self, reason: Error) -> Result<State<L, B>, Error> {
        self.channel.servers().handed_back(reason)?;
        Ok(State::Start)
    }

    /// ## Start, Queued → Sending; or → Readying, as long as the service of the lease is not ready
    fn send(
        &mut self,
        mut lease: Lease<Prepared<L, B>>,
        cx: &mut Context<'_>,
    ) -> Result<State<L, B>, Error> {
        match lease.service.poll_ready(cx) {
            Poll::Ready(readiness) => self.send_if(readiness, lease),
            Poll::Pending => Ok(State::Readying {
                lease: Some(Box::new(lease)),
            }),
        }
    }

    /// ## Start, Queued, Readying → Sending, if the service is ready
    fn send_if(
        &mut self,
        readiness: Result<(), SendError<B>>,
        lease: Lease<Prepared<L, B>>,
    ) -> Result<State<L, B>, Error> {
        let Lease {
            mut service,
            mut stream,
        } = lease;
        if let Err(error) = readiness {
            return self.told(error, |call, error| call.not_ready(stream, error));
        }
        stream.sent();
        if let Some(ended) = &mut self.ended {
            ended.sent();
        }
        Ok(State::Sending {
            future: service.call(self.request.attempt()),
            stream: Some(stream),
        })
    }

    /// Decides whether the request goes out again, and says so to who wants to know.
    ///
    /// Only a request that does go out again is told of.
    fn told(
        &mut self,
        error: SendError<B>,
        decide: impl FnOnce(&mut Self, SendError<B>) -> Result<State<L, B>, Error>,
    ) -> Result<State<L, B>, Error> {
        let reason = error.error().clone();
        let next = decide(self, error)?;
        self.request
            .tell(|progress| progress.is_sent_again(&reason));
        Ok(next)
    }

    /// ## Readying → Start: the connection closed meanwhile (D-14)
    fn not_ready(&mut self, stream: Stream, error: SendError<B>) -> Result<State<L, B>, Error> {
        let (error, _) = error.into_parts();
        match error.kind() {
            Kind::Closed => Ok(self.elsewhere(stream, error)),
            _ => Err(error),
        }
    }

    /// ## Sending → Start: it is safe to send it again
    ///
    /// | what became of it | it goes out again |
    /// |---|---|
    /// | it never left, or was handed back | always (C-30) |
    /// | the server reset it with REFUSED_STREAM | once, if all of it is kept (C-31) |
    /// | the server's GOAWAY leaves it out | the same; after a graceful one also later, as long as there is hope |
    /// | anything else | never |
    fn again(&mut self, mut stream: Stream, mut error: SendError<B>) -> Result<State<L, B>, Error> {
        self.request.put_back(error.take_extensions());
        let (error, unsent) = error.into_parts();
        // The connection took it, and was lost before it left; or handed it back.
        let never_left = error.kind() == Kind::Closed && self.request.is_whole();
        let is_back = unsent.is_some();
        if let Some(unsent) = unsent {
            self.request.take_back(*unsent);
        }
        if never_left || is_back {
            // C-30: without limit.
            return Ok(self.elsewhere(stream, error));
        }
        if !is_unprocessed(error.kind()) {
            return Err(error);
        }
        if let Kind::Reset { .. } = error.kind() {
            stream.refused();
        }
        if !self.request.is_whole() {
            return Err(error);
        }
        let was_refused = mem::replace(&mut self.was_refused, true);
        let is_first = !was_refused && !self.request.was_sent_before();
        match error.kind() {
            Kind::GoAway { code, .. } => {
                let is_hopeful = self.come_back(stream, error.clone());
                // A graceful end is no word on the call, so it goes on as what never left.
                let is_worth_it = is_first || (code == NO_ERROR && is_hopeful);
                is_worth_it.then_some(State::Start).ok_or(error)
            }
            // C-31: once.
            _ if is_first => {
                self.patience = self.patience.max(Patience::CameBack);
                Ok(State::Start)
            }
            _ => Err(error),
        }
    }

    /// This connection is not asked again, so each round waits for a new one: nothing spins.
    fn elsewhere(&mut self, stream: Stream, error: Error) -> State<L, B> {
        self.come_back(stream, error);
        State::Start
    }

    /// What a connection caused is no reason to fail (D-14), unless one after the other does the same. Tells whether
    /// the next may be better.
    fn come_back(&mut self, stream: Stream, error: Error) -> bool {
        let is_hopeful = stream.come_back(error);
        self.patience = match self.patience {
            Patience::WaitForReady => return true,
            _ if is_hopeful => Patience::CameBack,
            _ => Patience::FailFast,
        };
        is_hopeful
    }
}

/// The code of a GOAWAY by which a server drains.
const NO_ERROR: u32 = 0;

/// Whether the server said that it did not act on the request. Only what it said counts (L-9, L-10).
fn is_unprocessed(kind: Kind) -> bool {
    const REFUSED_STREAM: u32 = 7;
    match kind {
        Kind::Reset { code, remote } => remote && code == REFUSED_STREAM,
        Kind::GoAway { remote, .. } => remote,
        _ => false,
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for ResponseFuture<L, B> {
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
