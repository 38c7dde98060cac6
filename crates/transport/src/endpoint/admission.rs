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
    Endpoint,
    lease::Lease,
    life::Admission,
    pool::Grant,
    queue::{Patience, Ticket},
};
use crate::{Error, progress::Wait};

/// What a call gets that asks an endpoint for a lease.
pub enum Acquired<S> {
    /// It may be sent.
    Leased(Lease<S>),
    /// It waits for one.
    Queued(Waiting<S>),
    /// There is none to wait for, for this reason.
    HandedBack(Error),
}

impl<S> Endpoint<S> {
    /// Asks for a lease. With the ticket that it brings, a call that comes again waits where it stood.
    pub fn acquire(&self, ticket: Ticket, patience: Patience) -> Acquired<S> {
        match self.admit(ticket, patience) {
            Admission::Granted(grant) => Acquired::Leased(self.lease(grant, ticket)),
            Admission::HandedBack(error) => Acquired::HandedBack(error),
            Admission::Queued(answer) => Acquired::Queued(Waiting {
                endpoint: self.clone(),
                ticket,
                answer: Some(answer),
            }),
        }
    }
}

impl<S> fmt::Debug for Acquired<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leased(_) => "Leased",
            Self::Queued(_) => "Queued",
            Self::HandedBack(_) => "HandedBack",
        })
    }
}

/// A call that waits for a connection, or for a stream of one. Dropping it leaves the queue.
///
/// Its error is the reason why it is handed back.
pub struct Waiting<S> {
    /// Kept alive as long as a call waits.
    endpoint: Endpoint<S>,
    /// Its place in the queue.
    ticket: Ticket,
    /// `None` once it has answered.
    answer: Option<Answer<S>>,
}

/// Where the queue answers, once: with a stream, or with why there is none.
type Answer<S> = oneshot::Receiver<Result<Grant<S>, Error>>;

impl<S> Waiting<S> {
    /// What it waits for, to be asked later.
    pub(crate) fn wait(&self) -> Wait {
        self.endpoint.wait()
    }
}

impl<S> Future for Waiting<S> {
    type Output = Result<Lease<S>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut().expect("polled once after its end");
        let answered = ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(match answered {
            Ok(granted) => granted.map(|grant| self.endpoint.lease(grant, self.ticket)),
            Err(_) => Err(Error::stopped(self.endpoint.target())),
        })
    }
}

impl<S> Drop for Waiting<S> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        self.endpoint.leave(self.ticket);
        // Nobody answers any more; what came meanwhile is given back.
        if let Ok(Ok(grant)) = answer.try_recv() {
            drop(self.endpoint.lease(grant, self.ticket));
        }
    }
}

impl<S> fmt::Debug for Waiting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
