use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    Prepare,
    shared::{Shared, Waiting},
    slot::Acquired,
};
use crate::{Error, RequestBody};

/// Waits until a [`Channel`](super::Channel) has a connection. Nothing happens before its first poll.
#[must_use = "futures do nothing unless polled"]
pub struct Connecting<L: Prepare<B>, B: RequestBody> {
    channel: Shared<L, B>,
    outcome: Option<Waiting<B>>,
}

impl<L: Prepare<B>, B: RequestBody> Connecting<L, B> {
    pub(super) fn new(channel: Shared<L, B>) -> Self {
        let outcome = None;
        Self { channel, outcome }
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for Connecting<L, B> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { channel, outcome } = &mut *self;
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => match channel.acquire() {
                Acquired::Ready(_) => return Poll::Ready(Ok(())),
                Acquired::Connecting(ticket) => outcome.insert(channel.wait(ticket)),
            },
        };
        outcome.as_mut().poll(cx).map_ok(drop)
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for Connecting<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}
