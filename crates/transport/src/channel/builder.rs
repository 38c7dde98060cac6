use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::uri::Authority;
use tokio::sync::watch;
use tower_layer::{Identity, Layer};
use ziggurat_connect::{
    BoxConnector, Connect, InvalidTarget, Proxy, Sockets, Target, TcpOptions, adjusted, attempt,
    target::NameConflict,
};

use super::{
    Backoff, Channel, Prepare,
    many::{Balancer, Maker},
    resend::ResendLimit,
    servers::Servers,
};
use crate::{
    RequestBody,
    connection::{Http2Options, KeepaliveOptions},
    endpoint::{Around, Dialer, Endpoint, Options, Security},
    share::Budget,
};

#[cfg(feature = "tls")]
mod tls;

/// How long a channel keeps its connection without calls (D-30).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How much of a request is kept to send it again, in bytes (C-25).
const RESEND_LIMIT: usize = 256 * 1024;

/// How much all requests may keep together (C-25).
const RESEND_TOTAL: usize = 16 * 1024 * 1024;

/// More connections to one server than this are of no use (A105).
const MAX_CONNECTIONS: usize = 10;

/// The settings of a [`Channel`].
///
/// By default it connects over TCP or to a unix socket, leaves requests as they are, and gives an attempt to connect
/// 20 seconds.
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
pub struct Builder<C = Sockets, L = Identity> {
    target: Target,
    connector: C,
    layer: L,
    settings: Settings,
}

#[derive(Clone, Debug)]
struct Settings {
    http2: Http2Options,
    keepalive: Option<KeepaliveOptions>,
    security: Security,
    /// What is on the way to the target, for errors of time.
    proxy: Option<Box<str>>,
    connect_timeout: Option<Duration>,
    backoff: Backoff,
    idle_timeout: Option<Duration>,
    max_connection_age: Option<Duration>,
    connections: usize,
    max_connections: usize,
    resend_limit: usize,
    resend_total: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http2: Http2Options::new(),
            keepalive: None,
            security: Security::new(),
            proxy: None,
            connect_timeout: None,
            backoff: Backoff::new(),
            idle_timeout: Some(IDLE_TIMEOUT),
            max_connection_age: None,
            connections: 1,
            max_connections: 1,
            resend_limit: RESEND_LIMIT,
            resend_total: RESEND_TOTAL,
        }
    }
}

impl Builder {
    /// A channel to this target, which leaves requests as they are.
    pub fn new(target: Target) -> Self {
        let builder = Self {
            target,
            connector: Sockets::new(),
            layer: Identity::new(),
            settings: Settings::default(),
        };
        builder.sockets(|sockets| sockets)
    }
}

impl<L> Builder<Sockets, L> {
    /// Makes TCP connections like this; the default is [`TcpOptions::new`].
    pub fn tcp(self, tcp: TcpOptions) -> Self {
        self.sockets(|sockets| sockets.tcp(tcp))
    }

    /// Makes them through this proxy, or through none; the default is [`Proxy::from_env`], as it is now.
    pub fn proxy(self, proxy: Proxy) -> Self {
        self.sockets(|sockets| sockets.proxy(proxy))
    }

    fn sockets(mut self, set: impl FnOnce(Sockets) -> Sockets) -> Self {
        self.connector = set(self.connector);
        self.settings.proxy = attempt::proxy_for(&self.connector, &self.target);
        self
    }
}

impl<C, L> Builder<C, L> {
    /// Connects with this connector; the default is [`Sockets`].
    pub fn connector<D: Connect>(self, connector: D) -> Builder<D, L> {
        let Self {
            target,
            connector: _,
            layer,
            settings,
        } = self;
        Builder {
            target,
            connector,
            layer,
            settings: Settings {
                proxy: None,
                ..settings
            },
        }
    }

    /// Hides the type of the connector, so that channels with different ones are compiled once.
    pub fn boxed(self) -> Builder<BoxConnector, L>
    where
        C: Connect,
    {
        let Self {
            target,
            connector,
            layer,
            settings,
        } = self;
        Builder {
            target,
            connector: BoxConnector::new(connector),
            layer,
            settings,
        }
    }

    /// Takes the server for this one: the name that TLS tells it and verifies, if there is TLS (I-32).
    ///
    /// By default it is the target's own. Where a connection leads does not change.
    ///
    /// # Errors
    ///
    /// The TLS options have another server name.
    pub fn authority(mut self, authority: Authority) -> Result<Self, NameConflict> {
        NameConflict::check(&authority, self.settings.security.server_name().as_deref())?;
        self.target = self.target.with_authority(authority);
        Ok(self)
    }

    /// Speaks plaintext to a target that is TLS by default: `dns:`, `ipv4:` or `ipv6:`.
    ///
    /// # Errors
    ///
    /// The target is `https://`, or there are TLS options.
    pub fn plaintext(mut self) -> Result<Self, InvalidTarget> {
        if self.settings.security.is_given() {
            return Err(InvalidTarget::with_options(&self.target.to_string()));
        }
        self.target = self.target.plaintext()?;
        Ok(self)
    }

    /// The target, with the authority that it has by now.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether connections go through a proxy, which resolves the name.
    pub fn is_proxied(&self) -> bool {
        self.settings.proxy.is_some()
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
            settings,
        } = self;
        Builder {
            target,
            connector,
            layer,
            settings,
        }
    }

    /// Limits one attempt to connect; the default is 20 seconds (D-22).
    ///
    /// It covers resolving the name, all addresses, and the wait for the server's SETTINGS. Calls that wait for the
    /// attempt fail with [`Kind::Timeout`](crate::error::Kind::Timeout). `Duration::MAX` means no limit.
    ///
    /// The default is gRPC's: long enough for a slow network, and shorter than the minutes that the system would wait.
    /// By default an attempt has longer where the pause to the next is: it would be over before its time for nothing.
    /// What is set here holds for all attempts.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(timeout);
        self
    }

    /// Speaks HTTP/2 like this; the default is [`Http2Options::new`].
    pub fn http2(mut self, http2: Http2Options) -> Self {
        self.settings.http2 = http2;
        self
    }

    /// Asks a silent server for a sign of life; the default is not to (E-1).
    ///
    /// Off, for servers end connections that ping more often than they allow.
    /// If the server finds that there are too many PINGs, later connections send half as many (E-8).
    pub fn keepalive(mut self, keepalive: KeepaliveOptions) -> Self {
        self.settings.keepalive = Some(keepalive);
        self
    }

    /// Pauses between attempts like this; the default is gRPC's, with a quicker first recovery.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Lets go of the connection after this long without a call; the default is 30 minutes, `None` is never (D-30).
    ///
    /// The default is gRPC's: a server need not hold connections that nobody uses.
    /// The next call connects again. A call counts as long as its response is not read to its end. It is looked at
    /// in passing, so it may take up to twice as long.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.idle_timeout = timeout.into();
        self
    }

    /// Replaces a connection that is this old, up to a tenth more or less; by default it is used as long as it lasts. Less
    /// than a second counts as a second.
    ///
    /// For those behind a balancer that spreads connections and not calls: new servers have no connection of a client that
    /// makes none. The next connection is made first, and if that fails, later; calls that run on the old one go on to
    /// their end there.
    pub fn max_connection_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.settings.max_connection_age = age.into();
        self
    }

    /// Spreads calls over this many connections; the default is 1, the most are 10.
    ///
    /// One is the default, for one task moves the bytes of a connection: it keeps one core busy, and for most programs
    /// that is more than they need. Several are for those that a core limits, or the pace of one TCP connection over a
    /// long path. Each call goes to the connection with the fewest streams. A further one is opened when a call comes
    /// and all that there are have calls already, so callers that take turns share the first. A call stays where it
    /// began, and those that waited for the first connection are all on it.
    ///
    /// [`max_connections`](Self::max_connections) is the other reason for several, that streams run out. The greater of
    /// the two is the limit; those beyond this number are used where the streams of these are taken, oldest first.
    pub fn connections(mut self, count: usize) -> Self {
        let used = count.clamp(1, MAX_CONNECTIONS);
        self.settings.connections = adjusted("Builder::connections", &count, used);
        self
    }

    /// Opens up to this many connections, where calls wait for streams; the default is 1, the most are 10 (A105).
    ///
    /// One is the default, for a connection costs the server memory, and its limit may be there to protect it.
    /// One carries as many calls at once as the server allows. A further one is opened when calls wait, and stays until
    /// the server ends it or the channel is idle. It does not spread calls: [`connections`](Self::connections) does.
    pub fn max_connections(mut self, count: usize) -> Self {
        let used = count.clamp(1, MAX_CONNECTIONS);
        self.settings.max_connections = adjusted("Builder::max_connections", &count, used);
        self
    }

    /// Keeps up to this many bytes of each request until its response begins; the default is 256 KiB (C-25).
    ///
    /// The default is grpc-go's. What is kept is references: the bytes are those that are sent.
    /// They are sent again if the server says that it did not process the request (C-31). A longer request is sent too,
    /// and then fails.
    pub fn resend_limit(mut self, bytes: usize) -> Self {
        self.settings.resend_limit = bytes;
        self
    }

    /// Keeps up to this many bytes of all requests together; the default is 16 MiB (C-25).
    ///
    /// What does not fit is sent like what is too long. Many streams that wait for their first answer cannot use up the
    /// memory.
    pub fn resend_total(mut self, bytes: usize) -> Self {
        self.settings.resend_total = bytes;
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
            settings,
        } = self;
        let dialer = settings.dialer(target, connector, settings.keepalive());
        let endpoint = Endpoint::new(
            layer,
            dialer,
            settings.options(settings.idle_timeout),
            settings.backoff.clone(),
            Around::default(),
        );
        settings.channel(Servers::One(endpoint))
    }

    /// Makes a channel of many servers, among which this chooses.
    ///
    /// For `ziggurat-balance`, and not stable.
    pub fn build_many<B>(
        self,
        balancer: impl FnOnce(Maker<L::Service>) -> Arc<dyn Balancer<L::Service>>,
    ) -> Channel<L, B>
    where
        C: Connect,
        L: Prepare<B>,
        B: RequestBody,
    {
        let Self {
            target,
            connector,
            layer,
            settings,
        } = self;
        let cut = watch::Sender::new(false);
        let keepalive = settings.keepalive();
        let layer = Common(Arc::new(layer));
        let (common, cut_all) = (settings.clone(), cut.clone());
        let make = move |target, watch| {
            let around = Around {
                cut: cut_all.clone(),
                watch: Some(watch),
            };
            let dialer = common.dialer(target, connector.clone(), keepalive.clone());
            // That the channel is idle is seen for all at once.
            let options = common.options(None);
            Endpoint::new(
                layer.clone(),
                dialer,
                options,
                common.backoff.clone(),
                around,
            )
        };
        let maker = Maker {
            target,
            make: Box::new(make),
            cut,
            backoff: settings.backoff.clone(),
            idle_timeout: settings.idle_timeout,
        };
        settings.channel(Servers::Many(balancer(maker)))
    }
}

impl Settings {
    /// What the connections of a channel have in common (E-8).
    fn keepalive(&self) -> Arc<Mutex<Option<KeepaliveOptions>>> {
        Arc::new(Mutex::new(self.keepalive.clone()))
    }

    fn dialer<C>(
        &self,
        target: Target,
        connector: C,
        keepalive: Arc<Mutex<Option<KeepaliveOptions>>>,
    ) -> Dialer<C> {
        Dialer {
            target,
            connector,
            security: self.security.clone(),
            proxy: self.proxy.as_deref().map(Into::into),
            connect_timeout: self.connect_timeout,
            http2: self.http2.clone(),
            keepalive,
            steps: Mutex::default(),
        }
    }

    fn options(&self, idle_timeout: Option<Duration>) -> Options {
        Options {
            connections: self.connections,
            max_connections: self.max_connections.max(self.connections),
            idle_timeout,
            max_age: self.max_connection_age,
        }
    }

    fn channel<L: Prepare<B>, B: RequestBody>(
        &self,
        servers: Servers<L::Service>,
    ) -> Channel<L, B> {
        let (limit, total) = (self.resend_limit, self.resend_total);
        Channel::new(servers, ResendLimit(limit), Budget::new(total))
    }
}

/// One layer for the connections of many endpoints.
struct Common<L>(Arc<L>);

impl<S, L: Layer<S>> Layer<S> for Common<L> {
    type Service = L::Service;

    fn layer(&self, connection: S) -> L::Service {
        self.0.layer(connection)
    }
}

impl<L> Clone for Common<L> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
