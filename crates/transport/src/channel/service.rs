use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{Connecting, Prepare, ResponseFuture, dial::Dial, shared::Shared};
use crate::{Error, RequestBody, ResponseBody, Target};

/// All requests to one target, over one connection that is made when it is needed.
///
/// Made by a [`Builder`](super::Builder). Always ready; what there is to wait for is awaited in the call. Cloning is one
/// reference count, and all clones share the connection.
///
/// - The first call starts one attempt to connect; all who come meanwhile wait for the same one. If it fails, all of them
///   fail with its error, and the next call starts another.
/// - A connection that the server ends, or that is lost, is replaced at the next call. Calls that run on a connection
///   which only takes no more requests go on to their end there.
/// - A request that comes back unsent goes to the next connection by itself. One that may have left does not.
/// - When the last handle is dropped and no call waits, the attempt stops; a connection ends with its last call.
///
/// There is no pause between attempts: a caller that retries at once connects at once.
///
/// # Panics
///
/// Its futures must be polled inside a tokio runtime: connecting spawns a task.
pub struct Channel<L: Prepare<B>, B: RequestBody>(Shared<L, B>);

impl<L: Prepare<B>, B: RequestBody> Channel<L, B> {
    pub(super) fn new(layer: L, dial: impl Dial<B> + 'static) -> Self {
        Self(Shared::new(layer, dial))
    }

    /// The target that the channel connects to.
    pub fn target(&self) -> &Target {
        self.0.target()
    }

    /// Waits until there is a connection.
    ///
    /// Joins the attempt that is under way, or starts one. A channel need not be connected: the first call does it.
    ///
    /// # Errors
    ///
    /// The error of that attempt. The channel may be used on; the next call tries again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempt to the others who wait.
    pub fn connect(&self) -> Connecting<L, B> {
        Connecting::new(self.0.clone())
    }
}

impl<L: Prepare<B>, B: RequestBody> Service<Request<B>> for Channel<L, B> {
    type Response = Response<ResponseBody>;
    type Error = Error;
    type Future = ResponseFuture<L, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<L, B> {
        ResponseFuture::new(self.0.clone(), request)
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Channel<L, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for Channel<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("target", self.target())
            .finish_non_exhaustive()
    }
}
