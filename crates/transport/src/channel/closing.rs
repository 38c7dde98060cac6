use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::servers::Servers;

/// Waits until the connections of a closed [`Channel`](super::Channel) have ended, and its calls with them.
///
/// The channel is closed whether this is awaited or dropped.
pub struct Closing(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Closing {
    pub(super) fn new<S: 'static>(servers: Servers<S>) -> Self {
        // Each task has a receiver.
        Self(Box::pin(async move { servers.cut().closed().await }))
    }
}

impl Future for Closing {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").finish_non_exhaustive()
    }
}
