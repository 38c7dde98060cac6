use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::{State, servers::Servers};
use crate::{Error, endpoint::Patience};

/// Waits until a [`Channel`](super::Channel) has a connection. Nothing happens before its first poll.
#[must_use = "futures do nothing unless polled"]
pub struct Connecting(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + Sync>>);

impl Connecting {
    pub(super) fn new<S: 'static>(servers: Servers<S>, patience: Patience) -> Self {
        Self(Box::pin(connect(servers, patience)))
    }
}

async fn connect<S>(servers: Servers<S>, patience: Patience) -> Result<(), Error> {
    let mut states = servers.states();
    loop {
        states.mark_unchanged();
        let (state, failure) = servers.request();
        let is_final = match state {
            State::Ready => return Ok(()),
            State::Shutdown => true,
            State::TransientFailure => patience == Patience::FailFast,
            State::Idle | State::Connecting => false,
        };
        if let Some(error) = failure.filter(|_| is_final) {
            return Err(error);
        }
        // Its sender is in the channel, which is held here.
        drop(states.changed().await);
    }
}

impl Future for Connecting {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}
