//! How a connection is made: connector, TLS, HTTP/2, all within the time that an attempt has.
//!
//! The connector's type ends here: behind [`Dial`] the endpoint knows targets, connections and errors alone.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};
use ziggurat_connect::{
    Connect, Target,
    attempt::{Steps, Watched, open, with_steps},
};

use super::secure::Security;
use crate::{
    Connection, Error, RequestBody,
    connection::{Drive, Http2Options, KeepaliveOptions, Options},
    error::Kind,
};

/// What an attempt gives: the handle, and the future that drives the connection.
pub(crate) type Dialed<B> = Result<(Connection<B>, Pin<Box<dyn Drive>>), Error>;

/// A future of which only the result is known; an attempt has one, and no call does.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The least that an attempt to connect has by default (D-22).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes connections. Hides the connector's types, which end here.
pub(crate) trait Dial<B>: Send + Sync {
    /// Where its connections lead.
    fn target(&self) -> &Target;
    /// Makes an attempt. By default it has at least as long as the next would have to wait anyway (D-22).
    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>>;
    /// How far the attempt under way has come, if there is one and its connector says.
    fn steps(&self) -> Watched;
    /// Doubles the interval of the PINGs of later connections, if there are any; tells it (E-8).
    fn ping_less(&self) -> Option<Duration>;
}

/// Makes connections by a connector of this type, with the settings of the channel.
pub(crate) struct Dialer<C> {
    /// Where they lead.
    pub(crate) target: Target,
    /// Opens the stream of bytes.
    pub(crate) connector: C,
    /// What goes over it: TLS, or nothing.
    pub(crate) security: Security,
    /// Which proxy the connector goes through, as it is shown.
    pub(crate) proxy: Option<Arc<str>>,
    /// If it was chosen.
    pub(crate) connect_timeout: Option<Duration>,
    /// How HTTP/2 is set up on it.
    pub(crate) http2: Http2Options,
    /// Shared by the endpoints of a channel.
    pub(crate) keepalive: Arc<Mutex<Option<KeepaliveOptions>>>,
    /// Of the last attempt.
    pub(crate) steps: Mutex<Watched>,
}

impl<C> Dialer<C> {
    /// The settings of the next connection: the interval of its PINGs may have grown since the last.
    fn options(&self) -> Options {
        let options = Options::new().http2(self.http2.clone());
        match &*lock(&self.keepalive) {
            Some(keepalive) => options.keepalive(keepalive.clone()),
            None => options,
        }
    }
}

impl<C: Connect, B: RequestBody> Dial<B> for Dialer<C> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>> {
        let limit = self.connect_timeout;
        let steps = Steps::new();
        *lock(&self.steps) = steps.watch();
        let attempt = Attempt {
            target: self.target.clone(),
            connector: self.connector.clone(),
            security: self.security.clone(),
            proxy: self.proxy.clone(),
            options: self.options(),
            limit: limit.unwrap_or_else(|| CONNECT_TIMEOUT.max(pause)),
            steps,
        };
        Box::pin(attempt.dial())
    }

    fn steps(&self) -> Watched {
        lock(&self.steps).clone()
    }

    fn ping_less(&self) -> Option<Duration> {
        let mut keepalive = lock(&self.keepalive);
        *keepalive = keepalive.take().map(KeepaliveOptions::doubled);
        keepalive.as_ref().map(KeepaliveOptions::interval)
    }
}

/// One attempt to connect.
struct Attempt<C> {
    target: Target,
    connector: C,
    security: Security,
    proxy: Option<Arc<str>>,
    options: Options,
    /// For all its stages together.
    limit: Duration,
    steps: Steps,
}

impl<C: Connect> Attempt<C> {
    /// Goes through its stages, each with the time that those before it have left.
    ///
    /// The error says at which it ended: the connector, TLS, or the server's SETTINGS.
    async fn dial<B: RequestBody>(self) -> Dialed<B> {
        let Self {
            target,
            connector,
            security,
            proxy,
            options,
            limit,
            steps,
        } = self;
        let started = Instant::now();
        let left = || limit.saturating_sub(started.elapsed());
        let stream = timeout(limit, open(connector, with_steps(&target, steps.clone())))
            .await
            .map_err(|_| {
                let told = steps.watch().told();
                Error::connect_timeout(&target, proxy.as_deref(), limit, told.as_deref())
            })?
            .map_err(|error| Error::connect(Kind::Connect, &target, error))?;

        // ## Connected → Secure: TLS, if the channel has it
        steps.connected("the TLS handshake is not over");
        let stream = timeout(left(), security.secure(&target, stream))
            .await
            .map_err(|_| Error::tls_timeout(&target, limit))??;

        // ## Secure → Ready: the server's SETTINGS
        steps.connected("it accepted, but has not sent SETTINGS");
        let handshake = Connection::handshake_with(&options, target.clone(), stream);
        let (connection, driver) = timeout(left(), handshake)
            .await
            .map_err(|_| Error::settings_timeout(&target, limit))??;
        Ok((connection, Box::pin(driver)))
    }
}

/// Locks what is replaced as a whole, so that no panic leaves half of it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{error::Error as _, future::pending, io, net::SocketAddr};

    use bytes::Bytes;
    use tokio::io::DuplexStream;
    use tower::service_fn;

    use ziggurat_connect::attempt::steps;

    use super::*;
    use crate::channel::Builder;

    struct Body;

    impl http_body::Body for Body {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<io::Result<http_body::Frame<Bytes>>>> {
            std::task::Poll::Ready(None)
        }
    }

    impl RequestBody for Body {}

    /// What a channel says of an attempt that does this and comes to no end within three seconds.
    async fn timed_out(doing: fn(&Steps)) -> Error {
        let connector = service_fn(move |target: Target| {
            doing(steps(&target));
            async move {
                // Kept as long as the attempt.
                let _target = target;
                pending::<io::Result<DuplexStream>>().await
            }
        });
        let target = Target::parse("http://cafe:1").unwrap();
        let builder = Builder::new(target).connector(connector);
        let builder = builder.connect_timeout(Duration::from_secs(3));
        builder.build::<Body>().connect().await.unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_says_what_had_come_of_the_attempt() {
        // D-22, D-27
        let text = async |doing| timed_out(doing).await.to_string();
        let none = "cannot connect to http://cafe:1: no answer within 3s";
        assert_eq!(text(|_| ()).await, none);
        let resolving = text(|steps| steps.resolving("cafe")).await;
        assert_eq!(
            resolving,
            format!("{none}: the host \"cafe\" is being resolved")
        );
        let both = timed_out(|steps| {
            let address = |last| SocketAddr::from(([10, 0, 0, last], 1));
            steps.trying(address(1));
            steps.trying(address(2));
            steps.failed(address(2), &io::ErrorKind::ConnectionRefused.into());
        })
        .await;
        let ends = "10.0.0.1:1: no answer; 10.0.0.2:1: connection refused";
        assert_eq!(both.to_string(), format!("{none}: {ends}"));
        assert_eq!(both.kind(), Kind::Timeout);
        assert!(both.source().unwrap().is::<io::Error>());
    }
}
