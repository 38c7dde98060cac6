//! A stub over a channel with default settings, and the scripted peer at the other end of its connection.

use std::{future::Future, time::Duration};

use prost::Message;
use ziggurat::{Channel, channel::Http2Options};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, LatteOrder, Order};
use ziggurat_testing::peer::{Connection, Options, Peer};

/// How much a stream lets through at first, in bytes.
pub(crate) const INITIAL_WINDOW: i64 = 25_000;
/// How much it does at most.
pub(crate) const STREAM_WINDOW: i64 = 2 * 1024 * 1024;

/// The two ends of one open connection.
pub(crate) struct Cafe {
    pub(crate) stub: CoffeeMachineStub,
    pub(crate) peer: Connection,
}

impl Cafe {
    pub(crate) async fn open() -> Self {
        Self::open_with(Options::new()).await
    }

    pub(crate) async fn open_with(options: Options) -> Self {
        Self::open_both_with(Http2Options::new(), options).await
    }

    pub(crate) async fn open_both_with(client: Http2Options, server: Options) -> Self {
        let peer = Peer::bind().await.unwrap();
        let builder = Channel::builder(&peer.url().unwrap()).unwrap();
        let connect = builder.http2(client).connect();
        let (channel, peer) = tokio::join!(connect, peer.accept_with(server));
        Self {
            stub: CoffeeMachineStub::new(channel.unwrap()),
            peer: peer.unwrap(),
        }
    }

    /// Makes a unary call, with an answer of a megabyte, which goes well.
    pub(crate) async fn serves_another(&mut self) {
        let coffee = Coffee {
            name: "x".repeat(1024 * 1024),
            ..Coffee::default()
        };
        let call = self.stub.make_latte(LatteOrder::default()).send();
        let serve = async {
            let stream = self.peer.request().await.unwrap().stream;
            let answer = [coffee.encode_to_vec()];
            self.peer.respond_ok(stream, answer).await.unwrap();
        };
        let (told, ()) = tokio::join!(call, serve);
        assert!(told.unwrap().into_message() == coffee);
    }
}

/// Takes the next request and answers with headers.
pub(crate) async fn answer_headers(peer: &mut Connection) -> u32 {
    let stream = peer.request().await.unwrap().stream;
    peer.grpc_headers(stream).await.unwrap();
    stream
}

/// Ends an answer with OK.
pub(crate) async fn end(peer: &Connection, stream: u32) {
    let ok = [("grpc-status", "0")];
    peer.trailers(stream, ok).await.unwrap();
}

/// A message of so many bytes and a few more.
pub(crate) fn padded(number: u32, bytes: usize) -> Order {
    Order {
        number,
        padding: vec![0; bytes],
        ..Order::default()
    }
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}
