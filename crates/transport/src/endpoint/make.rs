use std::sync::Arc;

use tokio::sync::watch;

use super::{
    Endpoint, Prepare,
    backoff::Backoff,
    dial::Dial,
    life::{Life, Options},
    shared::Shared,
    standing::Watch,
    task,
};
use crate::{Error, RequestBody};

/// What an endpoint has in common with others.
pub(crate) struct Around {
    /// True when running calls are to end, of all that share it.
    pub(crate) cut: watch::Sender<bool>,
    /// Who chooses among several.
    pub(crate) watch: Option<Arc<dyn Watch>>,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            cut: watch::Sender::new(false),
            watch: None,
        }
    }
}

impl<S> Endpoint<S> {
    /// An endpoint that is not connected, and does nothing until somebody asks it to.
    ///
    /// The layer goes around each connection that is dialed. With somebody who chooses among several, calls that find no
    /// connection are handed back; without, they wait for one.
    pub(crate) fn new<L, B>(
        layer: L,
        dial: impl Dial<B> + 'static,
        options: Options,
        backoff: Backoff,
        around: Around,
    ) -> Self
    where
        L: Prepare<B, Service = S>,
        B: RequestBody,
    {
        let life = Life::new(options, backoff);
        let life = match around.watch {
            None => life,
            Some(_) => life.beside_others(Error::not_connected(dial.target())),
        };
        Self::of(Shared::new(layer, dial, task::spawn, life, around))
    }
}
