//! The client, the proxy and the server of a row.

use std::{io, sync::Arc, time::Duration};

use fastrand::Rng;
use ziggurat::{Channel, Client, Raw, channel::Builder};
use ziggurat_soak::{Habits, Ledger, Server};
use ziggurat_testing::proxy::Proxy;

use crate::options::Options;

pub(crate) type Stub = Client<Channel, Raw>;

/// A server that keeps a ledger, a proxy before it, and a client.
pub(crate) struct Stage {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
    pub(crate) client: Stub,
}

impl Stage {
    /// Sets all up; the connection leads through the proxy.
    pub(crate) async fn set(options: &Options, habits: Habits, calls: usize) -> Self {
        Self::set_with(options, habits, calls, |builder| builder).await
    }

    pub(crate) async fn set_with(
        options: &Options,
        habits: Habits,
        calls: usize,
        settings: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let ledger = Arc::new(Ledger::new(calls));
        let (server, proxy) = Self::serve(habits, &ledger)
            .await
            .expect("loopback has ports");
        let client = client(settings(builder(options, &proxy.url())));
        Self {
            ledger,
            server,
            proxy,
            client,
        }
    }

    async fn serve(habits: Habits, ledger: &Arc<Ledger>) -> io::Result<(Server, Proxy)> {
        let server = Server::start(habits, Arc::clone(ledger))?;
        let proxy = Proxy::start(server.address()).await?;
        Ok((server, proxy))
    }
}

/// The settings of a channel to a server on loopback, and the floors that the options ask for.
pub(crate) fn builder(options: &Options, url: &str) -> Builder {
    let builder = Channel::builder(url).expect("it is a target");
    options.floors.on(builder)
}

pub(crate) fn client(builder: Builder) -> Stub {
    Client::new(builder.connect_lazy()).with_codec()
}

/// A time by chance, as of events that do not know of each other.
pub(crate) fn exponential(dice: &mut Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - dice.f64()).ln())
}

/// A time by chance between two.
pub(crate) fn between(dice: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(dice.u64(least..=most))
}
