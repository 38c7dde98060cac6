use super::{
    Endpoint, Prepare,
    backoff::Backoff,
    dial::Dial,
    life::{Life, Options},
    shared::Shared,
    task,
};
use crate::RequestBody;

impl<S> Endpoint<S> {
    /// An endpoint that is not connected, and does nothing until somebody asks it to.
    ///
    /// The layer goes around each connection that is dialed.
    pub(crate) fn new<L, B>(
        layer: L,
        dial: impl Dial<B> + 'static,
        options: Options,
        backoff: Backoff,
    ) -> Self
    where
        L: Prepare<B, Service = S>,
        B: RequestBody,
    {
        let life = Life::new(options, backoff);
        Self::of(Shared::new(layer, dial, task::spawn, life))
    }
}
