//! A client, a server that keeps a ledger, and the proxy between them.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use ziggurat::{Channel, Client, Code, Raw, Status, channel::Builder};
use ziggurat_soak::{CALL, CALL_ID, Habits, Ledger, Server};
use ziggurat_testing::proxy::Proxy;

/// As many calls as a server's ledger has room for.
pub(crate) const CALLS: usize = 2_000;

pub(crate) struct Cafe {
    pub(crate) client: Client<Channel, Raw>,
    pub(crate) channel: Channel,
    pub(crate) proxy: Proxy,
    pub(crate) server: Server,
    pub(crate) ledger: Arc<Ledger>,
}

impl Cafe {
    pub(crate) async fn open(habits: Habits) -> Self {
        Self::open_with(habits, |builder| builder).await
    }

    pub(crate) async fn open_with(
        habits: Habits,
        settings: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let ledger = Arc::new(Ledger::new(CALLS));
        let server = Server::start(habits, Arc::clone(&ledger)).unwrap();
        let proxy = Proxy::start(server.address()).await.unwrap();
        let channel = settings(builder(&proxy.url())).connect_lazy();
        Self {
            client: client(&channel),
            channel,
            proxy,
            server,
            ledger,
        }
    }

    /// Makes a call; its answer is its own.
    pub(crate) async fn call(&self, id: usize) -> Result<(), Status> {
        call(&self.client, id).await
    }

    /// Makes so many calls, and some at once; gives those that failed.
    pub(crate) async fn calls(&self, count: usize, at_once: usize) -> Vec<(usize, Status)> {
        let rows = (0..at_once).map(|first| async move {
            let mut failed = Vec::new();
            for id in (first..count).step_by(at_once) {
                if let Err(status) = self.call(id).await {
                    failed.push((id, status));
                }
            }
            failed
        });
        join_all(rows).await.into_iter().flatten().collect()
    }

    /// Shows that each of these calls was executed once.
    #[track_caller]
    pub(crate) fn assert_each_once(&self, count: usize) {
        for id in 0..count {
            assert_eq!(self.ledger.begun(id), 1, "call {id}");
        }
    }

    /// Shows that none was executed twice, and that what failed is UNAVAILABLE.
    #[track_caller]
    pub(crate) fn assert_lost(&self, failed: &[(usize, Status)]) {
        assert_eq!(self.ledger.twice(), 0);
        for (_, status) in failed {
            assert_eq!(status.code(), Code::Unavailable, "{status}");
            assert!(status.is_local());
        }
    }
}

pub(crate) fn builder(url: &str) -> Builder {
    Channel::builder(url).unwrap()
}

pub(crate) fn client(channel: &Channel) -> Client<Channel, Raw> {
    Client::new(channel.clone()).with_codec()
}

/// Makes a call; its answer is its own.
pub(crate) async fn call(client: &Client<Channel, Raw>, id: usize) -> Result<(), Status> {
    let message = Bytes::from(id.to_string());
    let call = client.unary(&CALL, message.clone());
    let answer = call.metadata(CALL_ID, &id.to_string()).await?;
    assert_eq!(answer, message);
    Ok(())
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}

/// The same on a paused clock, where it takes no time.
pub(crate) async fn soon<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(7 * 24 * 3600);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}
