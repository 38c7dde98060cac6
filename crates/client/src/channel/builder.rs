use std::time::Duration;

use http::HeaderValue;
use ziggurat_layers::origin::OriginLayer;
use ziggurat_protocol::Status;
use ziggurat_transport::{InvalidTarget, Target, channel::Builder as Transport};

use super::{
    service::{Attempts, Channel},
    user_agent::{self, InvalidUserAgent},
};

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
#[derive(Clone, Debug)]
#[must_use = "a builder connects to nothing"]
pub struct Builder {
    target: Target,
    user_agent: Option<HeaderValue>,
    connect_timeout: Option<Duration>,
}

impl Channel {
    /// Starts a channel to a target, `http://host[:port]`; the port is by default 80.
    ///
    /// The host is a name, an IPv4 address, or an IPv6 address in brackets. The target is what the
    /// server sees as `:authority`. Names are resolved when the channel connects.
    ///
    /// # Errors
    ///
    /// The target has no scheme, or another one; a path, a query or a user; no host, or a bad port.
    /// `https://` is refused until TLS is there, never taken as plaintext.
    ///
    /// ```
    /// use ziggurat::Channel;
    ///
    /// assert!(Channel::builder("http://[::1]:50051").is_ok());
    /// assert!(Channel::builder("cafe.example:50051").is_err()); // say whether it is plaintext
    /// assert!(Channel::builder("https://cafe.example").is_err());
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
    fn new(target: Target) -> Self {
        Self {
            target,
            user_agent: None,
            connect_timeout: None,
        }
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
        self.user_agent = Some(user_agent::parse(application)?);
        Ok(self)
    }

    /// Gives an attempt to connect this much time; 20 seconds by default (D-22).
    ///
    /// Until then the server's SETTINGS must be there, not only TCP. It is the attempt's, whoever
    /// waits for it: a call whose own deadline is earlier ends earlier, and the attempt goes on for
    /// the others. When it is over, all who wait end with UNAVAILABLE.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Makes the channel; it connects at the first call.
    ///
    /// Nothing is awaited and no runtime is needed yet.
    pub fn connect_lazy(self) -> Channel {
        let Self {
            target,
            user_agent,
            connect_timeout,
        } = self;
        let origin = OriginLayer::new(target.scheme().clone(), target.authority().clone());
        let origin = match user_agent {
            Some(application) => origin.user_agent(&application),
            None => origin,
        };
        let builder = Transport::new(target);
        let builder = match connect_timeout {
            Some(timeout) => builder.connect_timeout(timeout),
            None => builder,
        };
        Channel::new(builder.layer(Attempts { origin }).build())
    }

    /// Makes the channel and waits until it is connected.
    ///
    /// One attempt is made.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE, with the connection's error as source.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt, for nobody else waits for it.
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
    /// assert!(std::error::Error::source(&status).is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self) -> Result<Channel, Status> {
        let channel = self.connect_lazy();
        channel.connected().await?;
        Ok(channel)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new(DEFAULT_TARGET.parse().expect("it is a target"))
    }
}
