use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    dial::Dial,
    future::{Connecting, ResponseFuture},
    slot::{Acquired, Slot},
};
use crate::{Connection, Error, RequestBody, ResponseBody, SendError, Target};

/// A layer that prepares the requests of a connection.
///
/// An alias: implement `tower_layer::Layer<Connection<B>>`.
pub trait Prepare<B>: Layer<Connection<B>, Service: Attempt<B>> + Send + Sync + 'static {}

impl<L, B> Prepare<B> for L where
    L: Layer<Connection<B>, Service: Attempt<B>> + Send + Sync + 'static
{
}

/// A service that sends one request over one connection: what a [`Prepare`] layer makes.
///
/// An alias: implement `tower_service::Service<Request<B>>` and pass the [`SendError`] of the connection on, so that an
/// unsent request is not lost.
pub trait Attempt<B>:
    Service<Request<B>, Response = Response<ResponseBody>, Error = SendError<B>>
    + Clone
    + Send
    + 'static
{
}

impl<S, B> Attempt<B> for S where
    S: Service<Request<B>, Response = Response<ResponseBody>, Error = SendError<B>>
        + Clone
        + Send
        + 'static
{
}

/// All requests to one target, over one connection that is made when it is needed.
///
/// Always ready; what there is to wait for is awaited in the call. Cloning is one reference count.
///
/// # Panics
///
/// Its futures must be polled inside a tokio runtime: connecting spawns a task.
pub struct Channel<L: Prepare<B>, B: RequestBody>(Arc<Shared<L, B>>);

struct Shared<L: Prepare<B>, B: RequestBody> {
    layer: L,
    dial: Box<dyn Dial<B>>,
    slot: Mutex<Slot<L::Service, B>>,
}

impl<L: Prepare<B>, B: RequestBody> Channel<L, B> {
    pub(super) fn new(layer: L, dial: impl Dial<B> + 'static) -> Self {
        let dial = Box::new(dial);
        let slot = Mutex::new(Slot::new());
        Self(Arc::new(Shared { layer, dial, slot }))
    }

    /// The target that the channel connects to.
    pub fn target(&self) -> &Target {
        self.0.dial.target()
    }

    /// Waits until there is a connection; fails with the error of the attempt.
    ///
    /// Joins the attempt that is under way, or starts one. Dropping the future leaves the attempt to others who wait.
    pub fn connect(&self) -> Connecting<L, B> {
        Connecting::new(self.clone())
    }

    pub(super) fn acquire(&self) -> Acquired<L::Service, B> {
        let Shared { layer, dial, .. } = &*self.0;
        self.slot()
            .acquire(|connection| layer.layer(connection), || dial.dial())
    }

    pub(super) fn prepare(&self, connection: Connection<B>) -> L::Service {
        self.0.layer.layer(connection)
    }

    pub(super) fn retire(&self, attempt: u64) {
        self.slot().retire(attempt);
    }

    fn slot(&self) -> MutexGuard<'_, Slot<L::Service, B>> {
        self.0.slot.lock().unwrap_or_else(PoisonError::into_inner)
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
        ResponseFuture::new(self.clone(), request)
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
