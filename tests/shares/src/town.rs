//! The servers of a script.

use std::{io, net::SocketAddr, sync::Arc};

use ziggurat_soak::{Habits, Ledger, Server};
use ziggurat_testing::proxy::Proxy;

use crate::script::Names;

/// As many as a list has at most.
const SERVERS: usize = 4;

/// Four servers of h2, each behind a proxy that can be killed.
pub(crate) struct Town(Vec<House>);

struct House {
    server: Server,
    proxy: Proxy,
    /// Counts what it began.
    page: Arc<Ledger>,
}

impl Town {
    pub(crate) async fn build() -> io::Result<Self> {
        // All calls have the number 0: they are counted, and not told apart.
        let ledger = Ledger::new(1);
        let mut houses = Vec::with_capacity(SERVERS);
        for _ in 0..SERVERS {
            let page = Arc::new(ledger.page());
            let server = Server::start(Habits::new(), Arc::clone(&page))?;
            let proxy = Proxy::start(server.address()).await?;
            houses.push(House {
                server,
                proxy,
                page,
            });
        }
        Ok(Self(houses))
    }

    /// The addresses of a list's endpoints.
    pub(crate) fn named(&self, names: Names) -> Vec<Vec<SocketAddr>> {
        let address = |server: &usize| self.0[*server].proxy.address();
        let endpoints = names.iter();
        endpoints
            .map(|servers| servers.iter().map(address).collect())
            .collect()
    }

    /// How many calls each has begun.
    pub(crate) fn begun(&self) -> Vec<usize> {
        self.0.iter().map(|house| house.page.total()).collect()
    }

    /// So many calls in equal shares over these, and none that failed.
    pub(crate) fn even(&self, calls: usize, serve: &[usize]) -> Vec<usize> {
        let share = |server| {
            if serve.contains(&server) {
                calls / serve.len()
            } else {
                0
            }
        };
        let failed = std::iter::once(0);
        (0..self.0.len()).map(share).chain(failed).collect()
    }

    pub(crate) async fn kill(&self, server: usize) -> io::Result<()> {
        self.0[server].proxy.down().await
    }

    pub(crate) async fn drain(&self, server: usize) -> io::Result<()> {
        self.0[server].proxy.refuse().await?;
        self.0[server].server.drain();
        Ok(())
    }

    pub(crate) async fn back(&self, server: usize) -> io::Result<()> {
        self.0[server].proxy.up().await
    }
}
