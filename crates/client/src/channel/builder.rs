use std::time::Duration;

use http::uri::Scheme;
use ziggurat_balance::channel::balancer;
use ziggurat_connect::{BoxConnector, InvalidTarget};
use ziggurat_layers::origin::OriginLayer;
use ziggurat_protocol::Status;
use ziggurat_transport::channel::Builder as Transport;

use super::{
    Backoff, Connect, Http2Options, KeepaliveOptions, Proxy, Sockets, Target, TcpOptions,
    configured::Special,
    ground::Attempts,
    health::{Checking, HealthChecks},
    many::{Made, Many},
    service::Channel,
    user_agent::{self, InvalidUserAgent},
};
use crate::{InvalidAuthority, authority};

mod calls;
mod many;
#[cfg(feature = "tls")]
mod tls;

/// grpclib's default: plaintext, loopback.
const DEFAULT_TARGET: &str = "http://127.0.0.1:50051";

/// The settings of a [`Channel`]; [`Channel::builder`] makes it.
///
/// `Default` is `http://127.0.0.1:50051`. What makes no sense is refused where it is set, so making
/// the channel cannot fail.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::Channel;
///
/// let channel = Channel::builder("http://cafe.example:50051")?
///     .user_agent("orders/1.4")?
///     .connect_timeout(Duration::from_secs(3))
///     .connect_lazy();
/// # drop(channel);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder connects to nothing"]
pub struct Builder<C = Sockets> {
    origin: OriginLayer,
    transport: Transport<C>,
    /// `None` as long as nothing of it is set.
    special: Option<Special>,
    /// If it is set: for the policies of a service config, which keep as much.
    resend_limit: Option<usize>,
    /// `None` if there is one server.
    many: Option<Many>,
    /// Whether the servers are asked for their health, if there are many.
    health: HealthChecks,
}

impl Channel {
    /// Starts a channel to a [`Target`]: `http://host[:port][/prefix]`, `https://host[:port][/prefix]`, `dns:///host[:port]`,
    /// `ipv4:address[:port],…`, `ipv6:[address]:port,…`, `unix:path` or `unix-abstract:name`.
    ///
    /// The host is a name, an IPv4 address, or an IPv6 address in brackets; the port is by default 80, or 443 with TLS.
    /// Host and port are what the server sees as `:authority`; with a unix socket it is `localhost` (I-33). Names are
    /// resolved when the channel connects. `dns:`, `ipv4:` and `ipv6:` mean TLS and the port 443, unless
    /// [`plaintext`](Builder::plaintext) is said. A prefix stands before the path of each call when it leaves; layers around the
    /// channel see the method's own path.
    ///
    /// # Errors
    ///
    /// The target has no scheme, or another one; a query or a user; no host, or a bad port; a path that no server could
    /// see as it is written; a socket's path that is empty, too long, or has a host in front of it. Without the feature `tls`, `https://` is refused, never taken as
    /// plaintext.
    ///
    /// ```
    /// use ziggurat::Channel;
    ///
    /// assert!(Channel::builder("http://[::1]:50051").is_ok());
    /// # #[cfg(unix)]
    /// assert!(Channel::builder("unix:/run/cafe.sock").is_ok());
    /// assert!(Channel::builder("cafe.example:50051").is_err()); // say whether it is plaintext
    /// ```
    pub fn builder(target: &str) -> Result<Builder, InvalidTarget> {
        Ok(Builder::new(target.parse()?))
    }
}

impl Default for Channel {
    fn default() -> Self {
        Builder::default().connect_lazy()
    }
}

impl Builder {
    /// Starts a channel to a target that was made before, such as a path with [`Target::unix`].
    pub fn new(target: Target) -> Self {
        let origin = OriginLayer::new(target.scheme().clone(), target.authority().clone());
        let origin = match target.prefix() {
            Some(prefix) => origin.prefix(prefix),
            None => origin,
        };
        Self {
            origin,
            transport: Transport::new(target),
            special: None,
            resend_limit: None,
            many: None,
            health: HealthChecks::default(),
        }
    }

    /// Makes TCP connections like this; the default is [`TcpOptions::new`].
    pub fn tcp(mut self, tcp: TcpOptions) -> Self {
        self.transport = self.transport.tcp(tcp);
        self
    }

    /// Reaches the server through this HTTP proxy, or through none; the default is [`Proxy::from_env`], as it is now
    /// (G-75).
    ///
    /// The environment names a proxy in `grpc_proxy`, `https_proxy` or `http_proxy`, and what is reached without it in
    /// `no_grpc_proxy` or `no_proxy`. A unix socket is always reached directly, and a connector of one's own knows of no
    /// proxy.
    ///
    /// ```
    /// use ziggurat::{Channel, channel::Proxy};
    ///
    /// let proxy = Proxy::http("http://ada:secret@proxy.example:3128")?.except(".internal");
    /// let through = Channel::builder("http://cafe.example:50051")?.proxy(proxy).connect_lazy();
    /// let direct = Channel::builder("http://cafe.example:50051")?.proxy(Proxy::none()).connect_lazy();
    /// # drop((through, direct));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.transport = self.transport.proxy(proxy);
        self
    }
}

impl<C> Builder<C> {
    /// Connects in another way than with [`Sockets`]: through a tunnel, a pipe, a socket of another kind.
    ///
    /// It is any cloneable service that gives a stream of bytes for a [`Target`]. Connect timeout, backoff and peer
    /// hold for it as for TCP. The channel is of the same type, whatever its connector.
    ///
    /// # Example
    ///
    /// ```
    /// use std::{error::Error, io};
    ///
    /// use tokio::{io::DuplexStream, sync::mpsc};
    /// use ziggurat::{Channel, channel::Target};
    ///
    /// /// Gives one end of a pipe to a server in this process, and connects over the other.
    /// fn pipe(server: &mpsc::UnboundedSender<DuplexStream>) -> io::Result<DuplexStream> {
    ///     let (near, far) = tokio::io::duplex(64 * 1024);
    ///     server.send(far).map_err(|_| io::Error::other("the server is gone"))?;
    ///     Ok(near)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
    /// let (server, accepted) = mpsc::unbounded_channel();
    /// let connector = tower::service_fn(move |_: Target| std::future::ready(pipe(&server)));
    /// let channel = Channel::builder("http://cafe.example")?.connector(connector).connect_lazy();
    ///
    /// // Nobody accepts there.
    /// drop(accepted);
    /// let status = channel.connect().await.unwrap_err();
    /// assert_eq!(status.message(), "cannot connect to http://cafe.example: the server is gone");
    /// # Ok(())
    /// # }
    /// ```
    pub fn connector<D: Connect>(self, connector: D) -> Builder<D> {
        let Self {
            origin,
            transport,
            special,
            resend_limit,
            many,
            health,
        } = self;
        Builder {
            origin,
            transport: transport.connector(connector),
            special,
            resend_limit,
            many,
            health,
        }
    }

    /// Speaks plaintext to a target that is TLS by default: `dns:`, `ipv4:` or `ipv6:`, which say nothing of it.
    ///
    /// The port stays as it is: 443, unless the target has one. What is plaintext by its scheme stays so.
    ///
    /// ```
    /// use ziggurat::Channel;
    ///
    /// # if cfg!(feature = "tls") {
    /// let channel = Channel::builder("dns:///cafe.kitchen.svc:50051")?.plaintext()?.connect_lazy();
    /// # drop(channel);
    /// # }
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The target is `https://`, or there are TLS options.
    pub fn plaintext(self) -> Result<Self, InvalidTarget> {
        let Self {
            origin,
            transport,
            special,
            resend_limit,
            many,
            health,
        } = self;
        Ok(Self {
            origin: origin.scheme(Scheme::HTTP),
            transport: transport.plaintext()?,
            special,
            resend_limit,
            many,
            health,
        })
    }

    /// Calls the server by this name, `host` or `host:port`, instead of the target's (I-30).
    ///
    /// It is the `:authority` of all calls that do not [name one](crate::CallOptions::authority) themselves. Over TLS it
    /// is also the name that the server is told by SNI, and verified for (I-32). Where the channel connects to does not
    /// change.
    ///
    /// # Errors
    ///
    /// It is no host with or without a port, or the TLS options have another server name.
    ///
    /// ```
    /// use ziggurat::Channel;
    ///
    /// // A server behind a tunnel that ends on this machine.
    /// let builder = Channel::builder("http://127.0.0.1:9000")?.authority("cafe.example")?;
    /// # drop(builder);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn authority(mut self, name: &str) -> Result<Self, InvalidAuthority> {
        let authority = authority::parse(name)?;
        self.origin = self.origin.authority(authority.clone());
        let named = self.transport.authority(authority);
        self.transport = named.map_err(|conflict| InvalidAuthority::conflict(name, conflict))?;
        Ok(self)
    }

    /// Names the application in front of the library in `user-agent` (A-9).
    ///
    /// By default the library stands alone. By convention it is a name and a version, such as
    /// `orders/1.4`.
    ///
    /// # Errors
    ///
    /// The name is not printable ASCII.
    pub fn user_agent(mut self, application: &str) -> Result<Self, InvalidUserAgent> {
        self.origin = self.origin.user_agent(&user_agent::parse(application)?);
        Ok(self)
    }

    /// Gives an attempt to connect this much time; 20 seconds by default (D-22).
    ///
    /// Until then the server's SETTINGS must be there, not only TCP. It is the attempt's, whoever
    /// waits for it: a call whose own deadline is earlier ends earlier, and the attempt goes on for
    /// the others. When it is over, all who wait end with UNAVAILABLE, but for those that wait for
    /// ready.
    ///
    /// The default is gRPC's: long enough for a slow network, and shorter than the minutes that
    /// the system would wait. By default an attempt has longer where the pause to the next is. What
    /// is set here holds for all attempts.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.transport = self.transport.connect_timeout(timeout);
        self
    }

    /// Speaks HTTP/2 like this: windows, frames, headers; the default is [`Http2Options::new`].
    pub fn http2(mut self, http2: Http2Options) -> Self {
        self.transport = self.transport.http2(http2);
        self
    }

    /// Asks a silent server for a sign of life, and ends a connection that gives none; by default it does not (E-1).
    ///
    /// Off, for servers end connections that ping more often than they allow, which is by default once in five minutes.
    /// If the server finds that there are too many PINGs, later connections send half as many (E-8).
    pub fn keepalive(mut self, keepalive: KeepaliveOptions) -> Self {
        self.transport = self.transport.keepalive(keepalive);
        self
    }

    /// Pauses between attempts to connect like this; by default from 1 second to 2 minutes (D-21).
    ///
    /// The default is gRPC's, so that many clients do not storm a server that comes back. A server that has served a
    /// call is expected back soon: there the first pause is a tenth of a second.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.transport = self.transport.backoff(backoff);
        self
    }

    /// Lets go of the connection after this long without a call; 30 minutes by default, `None` is never (D-30).
    ///
    /// The default is gRPC's: a server need not hold connections that nobody uses, and who calls twice an hour does not
    /// connect each time. The next call connects again. A stream counts as a call until it is read to its end or dropped.
    /// It is looked at in passing, so it may take up to twice as long.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.transport = self.transport.idle_timeout(timeout);
        self
    }

    /// Replaces a connection that is this old, up to a tenth more or less; by default it is used as long as it lasts. Less
    /// than a second counts as a second.
    ///
    /// For those behind a load balancer that spreads connections and not calls: a client that makes no connection never
    /// meets the servers that were added. The next connection is made first, and if it cannot be, the old one is kept and
    /// another attempt made later. Calls that run on the old one go on to their end there: none fails for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat::Channel;
    ///
    /// let channel = Channel::builder("http://load-balancer.example:50051")?
    ///     .max_connection_age(Duration::from_secs(5 * 60))
    ///     .connect_lazy();
    /// # drop(channel);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn max_connection_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.transport = self.transport.max_connection_age(age);
        self
    }

    /// Spreads calls over this many connections to the server; 1 by default, at most 10.
    ///
    /// For throughput: one task moves the bytes of a connection, so one connection keeps no more than one core busy, and
    /// goes no faster than one TCP connection over a long path. Each call goes to the connection with the fewest calls. A
    /// further one is opened when a call comes and all that there are have calls already, so callers that take turns share
    /// the first. One is the default: most programs need no more, and each costs the server memory.
    ///
    /// A call stays where it began. Streams that last are spread if they begin when the connections are there; those that
    /// waited for the first connection are all on it. When one connection ends, or cannot be made, the others take its
    /// calls: no call fails for it but those that ran on it.
    ///
    /// [`max_connections`](Self::max_connections) is the other reason for several: that streams run out. The greater of
    /// the two is the limit.
    pub fn connections(mut self, count: usize) -> Self {
        self.transport = self.transport.connections(count);
        self
    }

    /// Opens up to this many connections to the server, where calls wait for streams; 1 by default, at most 10 (A105).
    ///
    /// A server limits the calls that one connection carries at once, often to 100. For more calls at once than that. One
    /// is the default, for a connection costs the server memory, and its limit may be there to protect it. It does not
    /// spread calls: [`connections`](Self::connections) does.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.transport = self.transport.max_connections(count);
        self
    }

    /// Keeps up to this many bytes of each request until its answer begins; 256 KiB by default (C-25).
    ///
    /// They are sent again if the server says that the request was not processed. A longer request is sent too, and then
    /// fails with UNAVAILABLE. The default, grpc-go's, keeps all but uploads, and costs references only: the bytes are
    /// those that are sent. A call can have a [limit of its own](crate::CallOptions::resend_limit).
    pub fn resend_limit(mut self, bytes: usize) -> Self {
        self.transport = self.transport.resend_limit(bytes);
        self.resend_limit = Some(bytes);
        self
    }

    /// Keeps up to this many bytes of all requests together; 16 MiB by default (C-25).
    ///
    /// What does not fit is sent like what is too long. The default has room for 64 calls of full length, and for as many
    /// ordinary ones as there are.
    pub fn resend_total(mut self, bytes: usize) -> Self {
        self.transport = self.transport.resend_total(bytes);
        self
    }
}

impl<C: Connect> Builder<C> {
    /// Makes the channel; it connects at the first call.
    ///
    /// Nothing is awaited and no runtime is needed yet.
    pub fn connect_lazy(self) -> Channel {
        let Self {
            origin,
            transport,
            special,
            resend_limit,
            many,
            health,
        } = self;
        lazy(
            origin,
            transport.boxed(),
            special,
            resend_limit,
            many,
            health,
        )
    }

    /// Makes the channel and waits until it is connected.
    ///
    /// One attempt is made: whoever wants more of them makes the channel with [`connect_lazy`](Self::connect_lazy), and
    /// awaits its [`ready`](Channel::ready).
    ///
    /// # Errors
    ///
    /// UNAVAILABLE, with the connection's error as cause.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt, for nobody else waits for it. So does a failure: the attempts
    /// end with the channel, which is dropped.
    ///
    /// # Example
    ///
    /// ```
    /// use ziggurat::{Channel, Code};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Nobody listens there.
    /// let status = Channel::builder("http://127.0.0.1:1")?.connect().await.unwrap_err();
    /// assert_eq!(status.code(), Code::Unavailable);
    /// assert!(status.cause().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self) -> Result<Channel, Status> {
        let channel = self.connect_lazy();
        channel.connect().await?;
        Ok(channel)
    }
}

/// Makes the channel of any connector: compiled here once, not in each program that makes one.
fn lazy(
    origin: OriginLayer,
    transport: Transport<BoxConnector>,
    mut special: Option<Special>,
    resend_limit: Option<usize>,
    many: Option<Many>,
    health: HealthChecks,
) -> Channel {
    let authority = transport.target().authority().clone();
    let attempts = Attempts { origin, authority };
    let transport = transport.layer(attempts);
    let config = special.as_ref().and_then(|special| special.config.as_ref());
    let many = many.unwrap_or_default();
    if !many.is_wanted(config) {
        return Channel::new(transport.build(), special, resend_limit, None);
    }
    let Made {
        resolver,
        choosing,
        in_effect,
    } = many.of(transport.target(), transport.is_proxied(), config);
    let health = Checking::of(health, special.as_ref());
    if choosing.observes {
        // Its attempts are watched to their end.
        special.get_or_insert_default();
    }
    let transport = transport.build_many(|maker| balancer(maker, resolver, choosing, health));
    Channel::new(transport, special, resend_limit, in_effect)
}

impl Default for Builder {
    fn default() -> Self {
        Self::new(DEFAULT_TARGET.parse().expect("it is a target"))
    }
}
