use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    Prepare,
    dial::{BoxFuture, Dial},
    slot::{Acquired, Slot, Ticket},
};
use crate::{Connection, Error, RequestBody, Target};

/// What all handles of a channel and all its calls share.
///
/// It holds the only lasting handle to the connection: when it goes, an attempt stops and a connection ends.
pub(super) struct Shared<L: Prepare<B>, B: RequestBody>(Arc<Parts<L, B>>);

struct Parts<L: Prepare<B>, B: RequestBody> {
    layer: L,
    dial: Box<dyn Dial<B>>,
    slot: Mutex<Slot<L::Service, B>>,
}

/// An attempt's outcome. Boxed: only calls that come before the connection await it.
pub(super) type Waiting<B> = BoxFuture<Result<Connection<B>, Error>>;

impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
    pub(super) fn new(layer: L, dial: impl Dial<B> + 'static) -> Self {
        let dial = Box::new(dial);
        let slot = Mutex::new(Slot::new());
        Self(Arc::new(Parts { layer, dial, slot }))
    }

    pub(super) fn target(&self) -> &Target {
        self.0.dial.target()
    }

    /// The connection, or a place among those who wait for it.
    pub(super) fn acquire(&self) -> Acquired<L::Service, B> {
        let Parts { layer, dial, .. } = &*self.0;
        let prepare = |connection| layer.layer(connection);
        self.slot().acquire(prepare, || dial.dial())
    }

    pub(super) fn wait(&self, ticket: Ticket<B>) -> Waiting<B> {
        let target = self.target().clone();
        Box::pin(async move {
            let outcome = ticket.wait().await;
            outcome.unwrap_or_else(|| Err(Error::stopped(&target)))
        })
    }

    /// Puts the layer around a connection.
    pub(super) fn prepare(&self, connection: Connection<B>) -> L::Service {
        self.0.layer.layer(connection)
    }

    /// Gives the connection of this attempt to no later call.
    pub(super) fn retire(&self, attempt: u64) {
        self.slot().retire(attempt);
    }

    fn slot(&self) -> MutexGuard<'_, Slot<L::Service, B>> {
        self.0.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Shared<L, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
