//! A stub over a channel, the scripted peer of its connection, and a stream that is open beside all that is tested.

use std::{future::Future, time::Duration};

use ziggurat::{Channel, Status, Streaming, channel::Http2Options};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, Filter, LatteOrder, Order};
use ziggurat_testing::peer::{Connection, Options, Peer};

/// The two ends of one open connection, and of a stream on it.
pub(crate) struct Cafe {
    /// The url of the server, as errors name it.
    pub(crate) target: String,
    pub(crate) stub: CoffeeMachineStub,
    pub(crate) peer: Connection,
    stream: u32,
    orders: Streaming<Order>,
}

impl Cafe {
    pub(crate) async fn open() -> Self {
        Self::open_with(Http2Options::new()).await
    }

    pub(crate) async fn open_with(http2: Http2Options) -> Self {
        let listening = Peer::bind().await.unwrap();
        let target = listening.url().unwrap();
        let builder = Channel::builder(&target).unwrap();
        let connect = builder.http2(http2).connect();
        let (channel, peer) = tokio::join!(connect, listening.accept_with(Options::new()));
        let (stub, mut peer) = (CoffeeMachineStub::new(channel.unwrap()), peer.unwrap());
        let serve = async {
            let stream = peer.request().await.unwrap().stream;
            peer.grpc_headers(stream).await.unwrap();
            stream
        };
        let (orders, stream) = tokio::join!(stub.watch(Filter::default()), serve);
        Self {
            target,
            orders: orders.unwrap(),
            stub,
            peer,
            stream,
        }
    }

    /// Makes a unary call; the script has its stream once the request is there.
    pub(crate) async fn call(
        &mut self,
        script: impl AsyncFnOnce(&Connection, u32),
    ) -> Result<Coffee, Status> {
        let serve = async {
            let stream = self.peer.request().await.unwrap().stream;
            script(&self.peer, stream).await;
        };
        let call = self.stub.make_latte(LatteOrder::default()).send();
        let (told, ()) = tokio::join!(call, serve);
        told.map(ziggurat::Response::into_message)
    }

    /// Proves that nothing else was harmed: the stream that was open goes on, and a new call goes well beside it.
    pub(crate) async fn assert_whole(&mut self) {
        self.peer.message(self.stream, "").await.unwrap();
        assert!(self.orders.recv().await.unwrap().is_some());
        let served = self.call(async |peer, stream| {
            peer.respond_ok(stream, [""]).await.unwrap();
        });
        served.await.unwrap();
    }
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}
