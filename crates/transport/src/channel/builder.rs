use std::time::Duration;

use tower_layer::Identity;

use super::{Channel, Prepare, dial::Dialer};
use crate::{Connect, RequestBody, Target, connect::Tcp};

/// The time an attempt to connect has (D-22).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The settings of a [`Channel`].
#[derive(Clone, Debug)]
pub struct Builder<C = Tcp, L = Identity> {
    target: Target,
    connector: C,
    layer: L,
    connect_timeout: Duration,
}

impl Builder {
    /// A channel to this target over TCP, which leaves requests as they are.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            connector: Tcp,
            layer: Identity::new(),
            connect_timeout: CONNECT_TIMEOUT,
        }
    }
}

impl<C, L> Builder<C, L> {
    /// Connects with this connector; the default is [`Tcp`].
    pub fn connector<D: Connect>(self, connector: D) -> Builder<D, L> {
        let Self {
            target,
            connector: _,
            layer,
            connect_timeout,
        } = self;
        Builder {
            target,
            connector,
            layer,
            connect_timeout,
        }
    }

    /// Prepares requests with this layer; the default changes nothing.
    ///
    /// It is put around each connection, so it runs after the connection was chosen, once per attempt. A request that
    /// never left passes it again, as it came out of it.
    pub fn layer<M>(self, layer: M) -> Builder<C, M> {
        let Self {
            target,
            connector,
            layer: _,
            connect_timeout,
        } = self;
        Builder {
            target,
            connector,
            layer,
            connect_timeout,
        }
    }

    /// Limits one attempt, from the first address to the server's SETTINGS; the default is 20 seconds (D-22).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Makes the channel. It connects at its first call, or at [`connect`](Channel::connect).
    pub fn build<B>(self) -> Channel<L, B>
    where
        C: Connect,
        L: Prepare<B>,
        B: RequestBody,
    {
        let Self {
            target,
            connector,
            layer,
            connect_timeout,
        } = self;
        Channel::new(
            layer,
            Dialer {
                target,
                connector,
                connect_timeout,
            },
        )
    }
}
