//! Which server has a call, and whether one fails that was handed back: decided here and nowhere else.

use crate::{Error, endpoint::Endpoint};

/// The servers that a channel's calls go to.
pub(super) enum Servers<S> {
    /// There is no choice, and nothing that a choice needs.
    One(Endpoint<S>),
}

impl<S> Servers<S> {
    /// The endpoint that a call is to ask for a lease.
    pub(super) fn pick(&self) -> &Endpoint<S> {
        match self {
            Self::One(endpoint) => endpoint,
        }
    }

    /// An endpoint handed a call back, for this reason. It may ask again, or this is what it fails with.
    ///
    /// The only endpoint knows best: it keeps a call in its queue as long as that is worth it.
    pub(super) fn handed_back(&self, reason: Error) -> Result<(), Error> {
        match self {
            Self::One(_) => Err(reason),
        }
    }
}
