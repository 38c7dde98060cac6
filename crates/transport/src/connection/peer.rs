use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{Error, Target, connect::Addresses};

/// The two ends of a connection; a layer around it can tell them with each response.
///
/// An address is `None` where the stream has no socket. Cloning is one reference count.
///
/// ```
/// use ziggurat_transport::Connection;
///
/// fn server<B>(connection: &Connection<B>) -> Option<std::net::SocketAddr> {
///     connection.peer().remote()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddresses(Arc<Pair>);

#[derive(Debug, PartialEq, Eq)]
struct Pair {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
}

impl PeerAddresses {
    pub(super) fn of(stream: &impl Addresses) -> Self {
        Self(Arc::new(Pair {
            local: stream.local_addr(),
            remote: stream.remote_addr(),
        }))
    }

    /// The address of this side.
    pub fn local(&self) -> Option<SocketAddr> {
        self.0.local
    }

    /// The address of the server's side.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.0.remote
    }
}

/// Where a connection leads, and whether its owner shut it down.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) peer: PeerAddresses,
    is_shut_down: AtomicBool,
}

impl Route {
    pub(super) fn new(target: Target, peer: PeerAddresses) -> Arc<Self> {
        Arc::new(Self {
            target,
            peer,
            is_shut_down: AtomicBool::new(false),
        })
    }

    /// From now on, what fails on the connection was shut down.
    pub(super) fn shut_down(&self) {
        self.is_shut_down.store(true, Ordering::Release);
    }

    /// The error of a call that ended because the connection was shut down.
    pub(super) fn cancelled(&self) -> Option<Error> {
        let shut_down = self.is_shut_down.load(Ordering::Acquire);
        shut_down.then(|| Error::shut_down(&self.target))
    }
}
