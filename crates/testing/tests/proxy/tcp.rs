//! The proxy before a server on loopback.

use std::{future::Future, io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use ziggurat_testing::proxy::{Fault, Plan, Proxy};

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}

struct Bar {
    server: TcpListener,
    proxy: Proxy,
}

impl Bar {
    async fn open() -> Self {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(server.local_addr().unwrap()).await.unwrap();
        Self { server, proxy }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(self.proxy.address()).await
    }

    /// A client and its server, joined by the proxy.
    async fn pair(&self) -> (TcpStream, TcpStream) {
        let client = self.connect().await.unwrap();
        let (mut server, _) = self.server.accept().await.unwrap();
        let mut client = client;
        server.write_all(b"!").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'!');
        (client, server)
    }
}

async fn end(side: &mut TcpStream) -> io::Result<usize> {
    side.read(&mut [0; 8]).await
}

fn assert_reset(end: &io::Result<usize>) {
    let kind = end.as_ref().unwrap_err().kind();
    assert_eq!(kind, io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_reaches_both_sides_of_all_connections() {
    within(async {
        let bar = Bar::open().await;
        let mut open = [bar.pair().await, bar.pair().await];
        bar.proxy.set(Fault::Reset);
        for (client, server) in &mut open {
            assert_reset(&end(client).await);
            assert_reset(&end(server).await);
        }
        // And those to come.
        let mut client = bar.connect().await.unwrap();
        assert_reset(&end(&mut client).await);
        assert_eq!(bar.proxy.accepted(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_strike_spares_those_to_come() {
    within(async {
        let bar = Bar::open().await;
        let (mut client, _server) = bar.pair().await;
        bar.proxy.strike(Fault::Reset);
        let (_client, _server) = bar.pair().await;
        assert_reset(&end(&mut client).await);
    })
    .await;
}

#[tokio::test]
async fn a_closed_connection_ends_in_good_order() {
    within(async {
        let bar = Bar::open().await;
        let (mut client, mut server) = bar.pair().await;
        bar.proxy.set(Fault::Close);
        client.write_all(b"too late").await.unwrap();
        assert_eq!(end(&mut client).await.unwrap(), 0);
        assert_eq!(end(&mut server).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn who_is_down_refuses_and_comes_back_on_the_same_port() {
    within(async {
        let bar = Bar::open().await;
        for _ in 0..3 {
            let (mut client, mut server) = bar.pair().await;
            bar.proxy.down().await.unwrap();
            assert_reset(&end(&mut client).await);
            assert_reset(&end(&mut server).await);
            for _ in 0..3 {
                let refused = bar.connect().await.unwrap_err().kind();
                assert_eq!(refused, io::ErrorKind::ConnectionRefused);
            }
            // Once more changes nothing.
            bar.proxy.down().await.unwrap();
            bar.proxy.up().await.unwrap();
            bar.proxy.up().await.unwrap();
        }
        bar.pair().await;
    })
    .await;
}

#[tokio::test]
async fn who_refuses_keeps_what_is_open() {
    within(async {
        let bar = Bar::open().await;
        let (mut client, mut server) = bar.pair().await;
        bar.proxy.refuse().await.unwrap();
        assert!(bar.connect().await.is_err());
        server.write_all(b"latte").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        bar.proxy.up().await.unwrap();
        bar.pair().await;
        // It is among those that are killed.
        bar.proxy.down().await.unwrap();
        assert_reset(&end(&mut client).await);
    })
    .await;
}

#[tokio::test]
async fn each_connection_has_its_plan() {
    within(async {
        let bar = Bar::open().await;
        bar.proxy.plan(|number| match number {
            1 => Fault::Reset.into(),
            2 => Fault::Close.after(4),
            _ => Plan::default(),
        });
        let (mut first, _server) = bar.pair().await;
        let mut second = bar.connect().await.unwrap();
        assert_reset(&end(&mut second).await);
        let (mut third, mut server) = bar.pair().await;
        server.write_all(b"latte").await.unwrap();
        let mut heard = Vec::new();
        third.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"lat");
        let (mut fourth, mut server) = bar.pair().await;
        server.write_all(b"mocha").await.unwrap();
        fourth.read_exact(&mut [0; 5]).await.unwrap();
        // What is open keeps what it has.
        bar.proxy.plan(|_| Fault::Reset.into());
        server.write_all(b"again").await.unwrap();
        fourth.read_exact(&mut [0; 5]).await.unwrap();
        bar.proxy.set(Fault::Reset);
        assert_reset(&end(&mut first).await);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_resets_its_clients() {
    within(async {
        let Bar { server, proxy } = Bar::open().await;
        drop(server);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_reset(&end(&mut client).await);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_proxy_is_gone() {
    within(async {
        let bar = Bar::open().await;
        let (mut client, mut server) = bar.pair().await;
        let address = bar.proxy.address();
        drop(bar.proxy);
        assert_reset(&end(&mut client).await);
        assert_reset(&end(&mut server).await);
        assert!(TcpStream::connect(address).await.is_err());
    })
    .await;
}
