use super::{
    Prepare,
    backoff::Backoff,
    dial::Dial,
    life::{Life, Options},
    shared::Endpoint,
    task,
};
use crate::RequestBody;

impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    /// An endpoint that is not connected, and does nothing until somebody asks it to.
    ///
    /// The layer goes around each connection that is dialed.
    pub(crate) fn new(
        layer: L,
        dial: impl Dial<B> + 'static,
        options: Options,
        backoff: Backoff,
    ) -> Self {
        Self::with(layer, dial, task::spawn, Life::new(options, backoff))
    }
}
