use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    BoxError, Connect, Connection, Error, RequestBody, Target,
    connection::{Drive, Options},
};

/// What an attempt gives: the handle, and the future that drives the connection.
pub(super) type Dialed<B> = Result<(Connection<B>, Pin<Box<dyn Drive>>), Error>;

pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes connections. Hides the connector's types, which end here.
pub(super) trait Dial<B>: Send + Sync {
    fn target(&self) -> &Target;
    /// Makes an attempt. It has at least as long as the next would have to wait for it anyway (D-22).
    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>>;
    /// A server complained of too many PINGs: doubles the interval for the next connections (E-8).
    fn calm(&self);
}

pub(super) struct Dialer<C> {
    pub(super) target: Target,
    pub(super) connector: C,
    pub(super) connect_timeout: Duration,
    pub(super) options: Mutex<Options>,
}

impl<C> Dialer<C> {
    fn options(&self) -> MutexGuard<'_, Options> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connect, B: RequestBody> Dial<B> for Dialer<C> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>> {
        let (target, connector) = (self.target.clone(), self.connector.clone());
        let limit = self.connect_timeout.max(pause);
        let options = self.options().clone();
        Box::pin(dial(target, connector, options, limit))
    }

    fn calm(&self) {
        if let Some(interval) = self.options().calm() {
            let target = &self.target;
            tracing::warn!(
                "{target} complains of too many pings: keepalive every {interval:?} from now on"
            );
        }
    }
}

async fn dial<C: Connect, B: RequestBody>(
    target: Target,
    connector: C,
    options: Options,
    limit: Duration,
) -> Dialed<B> {
    let started = Instant::now();
    let stream = timeout(limit, open(connector, target.clone()))
        .await
        .map_err(|_| Error::connect_timeout(&target, limit))?
        .map_err(|error| Error::connect(&target, error))?;

    // ## Connected → Ready: the server's SETTINGS, within what is left
    let left = limit.saturating_sub(started.elapsed());
    let handshake = Connection::handshake_with(&options, target.clone(), stream);
    let (connection, driver) = timeout(left, handshake)
        .await
        .map_err(|_| Error::settings_timeout(&target, limit))??;
    Ok((connection, Box::pin(driver)))
}

async fn open<C: Connect>(mut connector: C, target: Target) -> Result<C::Response, BoxError> {
    poll_fn(|cx| connector.poll_ready(cx))
        .await
        .map_err(Into::into)?;
    connector.call(target).await.map_err(Into::into)
}
