//! The servers that a channel's calls go to, as calls and handles have them: the only one, or what chooses among many.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, ready},
};

use tokio::sync::watch;

use super::{
    Endpoints, State,
    endpoints::Changes,
    many::{Balancer, Leasing, Place},
};
use crate::{
    Error, Target,
    endpoint::{Endpoint, Lease, List, Waiting},
    progress::{Course, Wait},
};

/// One server, or many behind one name.
pub(super) enum Servers<S> {
    /// There is no choice, and nothing that a choice needs.
    One(Endpoint<S>),
    /// Something chooses for each call.
    Many(Arc<dyn Balancer<S>>),
}

/// A call that waits for a lease. Dropping it leaves the queue.
pub(super) enum Queued<S> {
    /// At an endpoint: for a stream, or for the connection of the only one.
    Endpoint(Waiting<S>),
    /// At the channel, for an endpoint.
    Channel(Place<S>),
}

/// What a call that waited gets.
pub(super) enum Turn<S> {
    /// A stream at the endpoint where it waited.
    Leased(Lease<S>),
    /// What its turn at the channel gave.
    Found(Leasing<S>),
    /// The endpoint cannot serve it, for this reason.
    HandedBack(Error),
}

impl<S> Servers<S> {
    /// An endpoint handed a call back, for this reason. It may ask again, or this is what it fails with.
    ///
    /// The only endpoint knows best: it keeps a call in its queue as long as that is worth it.
    pub(super) fn handed_back(&self, reason: Error) -> Result<(), Error> {
        match self {
            Self::One(_) => Err(reason),
            Self::Many(_) => Ok(()),
        }
    }
}

/// For handles.
impl<S> Servers<S> {
    /// The target of the channel, which errors name.
    pub(super) fn target(&self) -> &Target {
        match self {
            Self::One(endpoint) => endpoint.target(),
            Self::Many(balancer) => balancer.target(),
        }
    }

    /// Follows the state; it does not keep the channel.
    pub(super) fn states(&self) -> watch::Receiver<State> {
        match self {
            Self::One(endpoint) => endpoint.states(),
            Self::Many(balancer) => balancer.states(),
        }
    }

    /// The state at this moment.
    pub(super) fn state(&self) -> State {
        match self {
            Self::One(endpoint) => endpoint.state(),
            Self::Many(balancer) => *balancer.states().borrow(),
        }
    }

    /// Asks for a connection. Tells the state then, and why calls fail in it.
    pub(super) fn request(&self) -> (State, Option<Error>) {
        match self {
            Self::One(endpoint) => endpoint.request(),
            Self::Many(balancer) => balancer.request(),
        }
    }

    /// What there is to be listed, and what changes when the list does. The list does not keep the channel.
    pub(super) fn endpoints(&self) -> Endpoints {
        match self {
            Self::One(endpoint) => {
                Endpoints::new(endpoint.list(), Changes::State(endpoint.states()))
            }
            Self::Many(balancer) => {
                let list = Arc::downgrade(balancer) as Weak<dyn List>;
                Endpoints::new(list, Changes::Count(balancer.changes()))
            }
        }
    }

    /// The network is back: attempts need not wait (D-25).
    pub(super) fn reset_backoff(&self) {
        match self {
            Self::One(endpoint) => endpoint.reset_backoff(),
            Self::Many(balancer) => balancer.reset_backoff(),
        }
    }

    /// No more calls are taken, and those that wait fail (D-4).
    pub(super) fn close(&self) {
        match self {
            Self::One(endpoint) => endpoint.close(),
            Self::Many(balancer) => balancer.close(),
        }
    }

    /// True once running calls are to end; closed when no task is left.
    pub(super) fn cut(&self) -> &watch::Sender<bool> {
        match self {
            Self::One(endpoint) => endpoint.cut(),
            Self::Many(balancer) => balancer.cut(),
        }
    }
}

impl<S> Queued<S> {
    /// What it waits for, to be asked later.
    pub(super) fn wait(&self, servers: &Servers<S>) -> Option<Wait> {
        match (self, servers) {
            (Self::Endpoint(waiting), _) => Some(waiting.wait()),
            (Self::Channel(_), Servers::Many(balancer)) => {
                let course = Arc::downgrade(balancer) as Weak<dyn Course>;
                Some(Wait::new(course))
            }
            (Self::Channel(_), Servers::One(_)) => None,
        }
    }

    /// Its turn, or its failure.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Turn<S>, Error>> {
        Poll::Ready(match self {
            Self::Endpoint(waiting) => Ok(match ready!(Pin::new(waiting).poll(cx)) {
                Ok(lease) => Turn::Leased(lease),
                Err(reason) => Turn::HandedBack(reason),
            }),
            Self::Channel(place) => ready!(place.as_mut().poll(cx)).map(Turn::Found),
        })
    }
}

impl<S> Clone for Servers<S> {
    fn clone(&self) -> Self {
        match self {
            Self::One(endpoint) => Self::One(endpoint.clone()),
            Self::Many(balancer) => Self::Many(balancer.clone()),
        }
    }
}
