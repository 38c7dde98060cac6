use super::{
    Endpoint, Prepare,
    backoff::Backoff,
    dial::Dial,
    life::{Life, Options},
    shared::{Around, Shared},
    task,
};
use crate::{Error, RequestBody};

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
