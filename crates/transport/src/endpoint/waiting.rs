//! The place of a call in the queue, as a future.
//!
//! It may have been given a stream in the moment in which it is dropped; then that stream goes to the next who waits.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::oneshot;

use super::{Prepare, lease::Lease, pool::Grant, queue::Ticket, shared::Shared};
use crate::{Error, RequestBody};

/// A call that waits for a connection, or for a stream of one. Dropping it leaves the queue.
pub(crate) struct Waiting<L: Prepare<B>, B: RequestBody> {
    channel: Shared<L, B>,
    ticket: Ticket,
    /// `None` once it has answered.
    answer: Option<Answer<L::Service>>,
}

type Answer<S> = oneshot::Receiver<Result<Grant<S>, Error>>;

impl<L: Prepare<B>, B: RequestBody> Waiting<L, B> {
    pub(crate) fn new(channel: Shared<L, B>, ticket: Ticket, answer: Answer<L::Service>) -> Self {
        Self {
            channel,
            ticket,
            answer: Some(answer),
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for Waiting<L, B> {
    type Output = Result<Lease<L::Service>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut().expect("polled once after its end");
        let answered = ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(match answered {
            Ok(granted) => granted.map(|grant| self.channel.lease(grant)),
            Err(_) => Err(Error::stopped(self.channel.target())),
        })
    }
}

impl<L: Prepare<B>, B: RequestBody> Drop for Waiting<L, B> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        self.channel.leave(self.ticket);
        // Nobody answers any more; what came meanwhile is given back.
        if let Ok(Ok(grant)) = answer.try_recv() {
            drop(self.channel.lease(grant));
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for Waiting<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
