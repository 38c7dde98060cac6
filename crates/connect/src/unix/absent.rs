//! Unix sockets where the system has none: every attempt fails.

use std::{
    error::Error,
    fmt,
    future::{Ready, ready},
    task::{Context, Poll},
};

use tower_service::Service;

use crate::Target;

/// Stands for the stream, which is never made.
pub(super) type UnixStream = tokio::io::DuplexStream;

/// The future of [`Unix`].
pub type Opening = Ready<Result<UnixStream, UnixError>>;

/// Connects to unix sockets, which this system does not have: it always fails.
#[derive(Clone, Debug, Default)]
pub struct Unix(());

/// Says that this system has no unix sockets.
#[derive(Debug)]
pub struct UnixError(());

impl Unix {
    /// A connector to unix sockets; there is nothing to set.
    pub fn new() -> Self {
        Self(())
    }
}

impl Service<Target> for Unix {
    type Response = UnixStream;
    type Error = UnixError;
    type Future = Opening;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UnixError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Opening {
        ready(Err(UnixError(())))
    }
}

impl fmt::Display for UnixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this system has no unix sockets")
    }
}

impl Error for UnixError {}
