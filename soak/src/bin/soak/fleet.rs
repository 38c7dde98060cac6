//! Many servers of one ledger, and a client that balances over them.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use futures_util::stream;
use tokio::sync::watch;
use ziggurat::{
    Channel,
    balance::{Fixed, Policy, Resolver, Updates},
    channel::Builder,
};
use ziggurat_soak::{Habits, Ledger, Server};
use ziggurat_testing::proxy::Proxy;

use crate::{
    options::Options,
    stage::{Stub, client},
};

/// What the servers are called.
const NAME: &str = "http://soak";

/// Servers that share a ledger, in which each has a page.
pub(crate) struct Fleet {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) houses: Vec<House>,
}

/// One server, and the proxy that it is reached by.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
    page: Arc<Ledger>,
}

impl Fleet {
    /// So many servers of these habits, for calls below this number.
    pub(crate) async fn of(count: usize, habits: &Habits, calls: usize) -> Self {
        Self::each(std::iter::repeat_n(habits.clone(), count), calls).await
    }

    /// One server of each of these habits.
    pub(crate) async fn each(habits: impl IntoIterator<Item = Habits>, calls: usize) -> Self {
        let ledger = Arc::new(Ledger::new(calls));
        let mut houses = Vec::new();
        for habits in habits {
            let house = House::build(habits, &ledger).await;
            houses.push(house.expect("loopback has ports"));
        }
        Self { ledger, houses }
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.houses.iter().map(House::address).collect()
    }

    /// A client of those that there are now.
    pub(crate) fn client(&self, options: &Options, policy: impl Policy) -> Stub {
        let all = Fixed::new(self.addresses()).expect("there are some");
        client(balanced(options, all, policy))
    }

    /// How many calls each has begun.
    pub(crate) fn begun(&self) -> Vec<usize> {
        self.houses.iter().map(House::begun).collect()
    }
}

impl House {
    pub(crate) async fn build(habits: Habits, ledger: &Ledger) -> io::Result<Self> {
        let page = Arc::new(ledger.page());
        let server = Server::start(habits, Arc::clone(&page))?;
        let proxy = Proxy::start(server.address()).await?;
        Ok(Self {
            server,
            proxy,
            page,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// How many calls it has begun.
    pub(crate) fn begun(&self) -> usize {
        self.page.total()
    }

    /// Shuts down in good order: no connection is accepted, and those that there are end with their calls.
    pub(crate) async fn drain(&self) {
        self.proxy.refuse().await.expect("the port is ours");
        self.server.drain();
    }

    /// Ends, and with it all that runs there.
    pub(crate) async fn kill(&self) {
        self.proxy.down().await.expect("the port is ours");
    }

    /// Is there again.
    pub(crate) async fn up(&self) {
        self.proxy.up().await.expect("the port is ours");
    }
}

/// The settings of a channel to servers that this resolver finds, and the floors that the options ask for.
pub(crate) fn balanced(options: &Options, resolver: impl Resolver, policy: impl Policy) -> Builder {
    let builder = Channel::builder(NAME).expect("it is a target");
    let builder = builder.resolver(resolver).balance(policy);
    options.floors.on(builder)
}

/// A resolver that tells what is sent here, and first what it holds.
pub(crate) fn told(lists: &watch::Sender<Vec<SocketAddr>>) -> impl Resolver + use<> {
    let mut lists = lists.subscribe();
    lists.mark_changed();
    Updates::new(stream::unfold(lists, |mut lists| async move {
        lists.changed().await.ok()?;
        let list = lists.borrow_and_update().clone();
        Some((Ok::<_, Infallible>(list), lists))
    }))
}
