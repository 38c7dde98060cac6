//! A connector whose streams are pipes in memory, each to a server of its own.

use std::{
    future::{Ready, ready},
    io,
    task::{Context, Poll},
};

use tokio::io::{DuplexStream, duplex};
use tower_service::Service;
use ziggurat_transport::Target;

use crate::{Meter, server};

/// What a pipe holds, in bytes: as much as h2 reads at once, several times.
const SIZE: usize = 64 * 1024;

/// Where the server would be.
pub(crate) const TARGET: &str = "http://cafe.example:50051";

#[derive(Clone, Debug)]
pub(crate) struct Pipe(pub(crate) Meter);

impl Pipe {
    /// Starts a server, and gives the way to it.
    pub(crate) fn open(&self) -> DuplexStream {
        let Self(meter) = *self;
        let (near, far) = duplex(SIZE);
        tokio::spawn(meter.skipped(server::serve(far)));
        near
    }
}

impl Service<Target> for Pipe {
    type Response = DuplexStream;
    type Error = io::Error;
    type Future = Ready<io::Result<DuplexStream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Self::Future {
        ready(Ok(self.open()))
    }
}
