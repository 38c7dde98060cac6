use std::{future::Future, future::poll_fn, pin::Pin, time::Duration};

use tokio::time::{Instant, timeout};

use crate::{BoxError, Connect, Connection, Error, RequestBody, Target, connection::Drive};

/// What an attempt gives: the handle, and the future that drives the connection.
pub(super) type Dialed<B> = Result<(Connection<B>, Pin<Box<dyn Drive>>), Error>;

pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes connections. Hides the connector's types, which end here.
pub(super) trait Dial<B>: Send + Sync {
    fn target(&self) -> &Target;
    /// Makes an attempt. It has at least as long as the next would have to wait for it anyway (D-22).
    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>>;
}

pub(super) struct Dialer<C> {
    pub(super) target: Target,
    pub(super) connector: C,
    pub(super) connect_timeout: Duration,
}

impl<C: Connect, B: RequestBody> Dial<B> for Dialer<C> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn dial(&self, pause: Duration) -> BoxFuture<Dialed<B>> {
        let (target, connector) = (self.target.clone(), self.connector.clone());
        let limit = self.connect_timeout.max(pause);
        Box::pin(dial(target, connector, limit))
    }
}

async fn dial<C: Connect, B: RequestBody>(
    target: Target,
    connector: C,
    limit: Duration,
) -> Dialed<B> {
    let started = Instant::now();
    let stream = timeout(limit, open(connector, target.clone()))
        .await
        .map_err(|_| Error::connect_timeout(&target, limit))?
        .map_err(|error| Error::connect(&target, error))?;

    // ## Connected → Ready: the server's SETTINGS, within what is left
    let left = limit.saturating_sub(started.elapsed());
    let (connection, driver) = timeout(left, Connection::handshake(target.clone(), stream))
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
