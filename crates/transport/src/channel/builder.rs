use std::time::Duration;

use tower_layer::Identity;

use super::{Channel, Prepare, dial::Dialer};
use crate::{Connect, RequestBody, Target, connect::Tcp};

/// The time an attempt to connect has (D-22).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The settings of a [`Channel`].
///
/// By default it connects over TCP, leaves requests as they are, and gives an attempt to connect 20 seconds.
///
/// ```
/// use std::time::Duration;
/// use ziggurat_transport::{RequestBody, Target, channel};
///
/// fn channel<B: RequestBody>() -> Result<channel::Channel<Stamp, B>, Box<dyn std::error::Error>> {
///     Ok(channel::Builder::new(Target::parse("http://cafe:50051")?)
///         .layer(Stamp)
///         .connect_timeout(Duration::from_secs(5))
///         .build())
/// }
///
/// // Any layer over the connection; this one changes nothing.
/// struct Stamp;
///
/// impl<S> tower_layer::Layer<S> for Stamp {
///     type Service = S;
///
///     fn layer(&self, connection: S) -> S {
///         connection
///     }
/// }
/// ```
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
            connector: Tcp::default(),
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

    /// Limits one attempt to connect; the default is 20 seconds (D-22).
    ///
    /// It covers resolving the name, all addresses, and the wait for the server's SETTINGS. Calls that wait for the
    /// attempt fail with [`Kind::Timeout`](crate::error::Kind::Timeout). `Duration::MAX` means no limit.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Makes the channel.
    ///
    /// Nothing is connected yet: that happens at its first call, or at [`connect`](Channel::connect).
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
