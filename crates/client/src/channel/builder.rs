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
    /// # Errors
    ///
    /// The target has no scheme, or another one; a path, a query or a user; no host, or a bad port. `https://` is
    /// refused until TLS is there, never taken as plaintext.
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

    /// Names the application in front of the library in `user-agent`; by default the library stands alone.
    ///
    /// # Errors
    ///
    /// The name is not printable ASCII.
    pub fn user_agent(mut self, application: &str) -> Result<Self, InvalidUserAgent> {
        self.user_agent = Some(user_agent::parse(application)?);
        Ok(self)
    }

    /// Gives an attempt to connect this much time, the server's SETTINGS included; 20 seconds by default (D-22).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Makes the channel; it connects at the first call.
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
    /// # Errors
    ///
    /// UNAVAILABLE, with the connection's error as source.
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
