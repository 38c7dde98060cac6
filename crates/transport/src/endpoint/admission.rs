//! What a call gets that asks an endpoint for a lease, and its place in the queue as a future.
//!
//! No call fails here. One that can have no lease is handed back with the reason, and who asked decides what comes of it. It
//! may have been given a stream in the moment in which it is dropped; then that stream goes to the next who waits.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::oneshot;

use super::{
    Prepare,
    lease::Lease,
    life::Admission,
    pool::Grant,
    queue::{Patience, Ticket},
    shared::Endpoint,
};
use crate::{Error, RequestBody, progress::Wait};

/// What a call gets that asks for a lease.
pub(crate) enum Acquired<L: Prepare<B>, B: RequestBody> {
    Leased(Lease<L::Service>),
    /// It waits for one.
    Queued(Waiting<L, B>),
    /// There is none to wait for, for this reason.
    HandedBack(Error),
}

impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    /// Asks for a lease. With the ticket that it brings, a call that comes again waits where it stood.
    pub(crate) fn acquire(&self, ticket: Ticket, patience: Patience) -> Acquired<L, B> {
        match self.admit(ticket, patience) {
            Admission::Granted(grant) => Acquired::Leased(self.lease(grant)),
            Admission::HandedBack(error) => Acquired::HandedBack(error),
            Admission::Queued(answer) => Acquired::Queued(Waiting {
                endpoint: self.clone(),
                ticket,
                answer: Some(answer),
            }),
        }
    }
}

/// A call that waits for a connection, or for a stream of one. Dropping it leaves the queue.
///
/// Its error is the reason why it is handed back.
pub(crate) struct Waiting<L: Prepare<B>, B: RequestBody> {
    endpoint: Endpoint<L, B>,
    ticket: Ticket,
    /// `None` once it has answered.
    answer: Option<Answer<L::Service>>,
}

type Answer<S> = oneshot::Receiver<Result<Grant<S>, Error>>;

impl<L: Prepare<B>, B: RequestBody> Waiting<L, B> {
    /// What it waits for, to be asked later.
    pub(crate) fn wait(&self) -> Wait {
        self.endpoint.wait()
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for Waiting<L, B> {
    type Output = Result<Lease<L::Service>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut().expect("polled once after its end");
        let answered = ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(match answered {
            Ok(granted) => granted.map(|grant| self.endpoint.lease(grant)),
            Err(_) => Err(Error::stopped(self.endpoint.target())),
        })
    }
}

impl<L: Prepare<B>, B: RequestBody> Drop for Waiting<L, B> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        self.endpoint.leave(self.ticket);
        // Nobody answers any more; what came meanwhile is given back.
        if let Ok(Ok(grant)) = answer.try_recv() {
            drop(self.endpoint.lease(grant));
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for Waiting<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
