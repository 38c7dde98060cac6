//! A stub over a real channel, and the scripted peer at the other end of its connection.

use std::{
    convert::Infallible,
    fmt::Debug,
    future::{Future, pending},
    pin::pin,
    time::Duration,
};

use ziggurat::Channel;
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line};
use ziggurat_testing::peer::{Connection, Options, Peer, Setting};

/// The two ends of one open connection.
pub(crate) struct Cafe {
    pub(crate) channel: Channel,
    pub(crate) stub: CoffeeMachineStub,
    pub(crate) peer: Connection,
}

impl Cafe {
    /// With room for one stream: a call that left its stream open would starve the next.
    pub(crate) async fn open() -> Self {
        let one = [(Setting::MAX_CONCURRENT_STREAMS, 1)];
        Self::open_with(Options::new().settings(one)).await
    }

    pub(crate) async fn open_with(options: Options) -> Self {
        let peer = Peer::bind().await.unwrap();
        let builder = Channel::builder(&peer.url().unwrap()).unwrap();
        let (channel, peer) = tokio::join!(builder.connect(), peer.accept_with(options));
        let channel = channel.unwrap();
        Self {
            stub: CoffeeMachineStub::new(channel.clone()),
            channel,
            peer: peer.unwrap(),
        }
    }

    /// Makes a call while the peer follows its script, to the end of both.
    pub(crate) async fn run<T>(
        &mut self,
        call: impl AsyncFnOnce(CoffeeMachineStub) -> T,
        script: impl AsyncFnOnce(&mut Connection),
    ) -> T {
        let both = async { tokio::join!(call(self.stub.clone()), script(&mut self.peer)) };
        within(both).await.0
    }

    /// Makes a call while the peer follows its script, then drops the call where it stands.
    pub(crate) async fn drop_after<T: Debug>(
        &mut self,
        call: impl AsyncFnOnce(CoffeeMachineStub) -> T,
        script: impl AsyncFnOnce(&mut Connection),
    ) {
        let call = pin!(call(self.stub.clone()));
        within(async {
            tokio::select! {
                biased;
                early = call => panic!("the call ended before it was dropped: {early:?}"),
                () = script(&mut self.peer) => {}
            }
        })
        .await;
    }

    /// All that calls have sent, once they send no more.
    pub(crate) async fn frames(&mut self) -> Vec<String> {
        self.peer.barrier().await.unwrap();
        self.peer.log().calls().lines()
    }

    /// Proves that the connection is in order and has its room back: one more call on it goes well.
    pub(crate) async fn serves_another(&mut self) {
        let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
        self.run(call, async |peer| serve(peer, 1).await)
            .await
            .expect("another call goes well");
    }
}

/// Takes the next request whole and answers it with OK and so many messages, all empty.
pub(crate) async fn serve(peer: &mut Connection, messages: usize) {
    let stream = peer.request().await.unwrap().stream;
    peer.body(stream).await.unwrap();
    peer.respond_ok(stream, vec![""; messages]).await.unwrap();
}

/// Takes the next request and leaves it without an answer.
pub(crate) async fn take(peer: &mut Connection) {
    peer.request().await.unwrap();
    peer.barrier().await.unwrap();
}

/// Takes the next request and answers with headers, which the client has read then.
pub(crate) async fn answer(peer: &mut Connection) {
    let stream = peer.request().await.unwrap().stream;
    peer.grpc_headers(stream).await.unwrap();
    peer.barrier().await.unwrap();
}

/// Takes the next request and answers with headers and one empty message, which the client has read then.
pub(crate) async fn answer_once(peer: &mut Connection) {
    let stream = peer.request().await.unwrap().stream;
    peer.grpc_headers(stream).await.unwrap();
    peer.message(stream, "").await.unwrap();
    peer.barrier().await.unwrap();
}

/// The first call's request went out in part, then its stream was reset and nothing more was sent (B-23).
pub(crate) fn assert_cut_off(frames: &[String], reason: &str) {
    let reset = format!("RST_STREAM 1 {reason}");
    let is_end = |frame: &String| frame.starts_with("RST_STREAM") || frame.contains("END_STREAM");
    let end = frames.iter().position(is_end);
    assert_eq!(end, Some(frames.len() - 1), "{frames:?}");
    assert_eq!(frames.last(), Some(&reset));
}

/// Keeps a part of a call for ever: it goes when this future is dropped.
pub(crate) async fn hold<T>(_part: T) -> Infallible {
    pending().await
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}

/// Seven bytes with its prefix.
pub(crate) fn order() -> LatteOrder {
    LatteOrder {
        sugar: 3,
        ..LatteOrder::default()
    }
}

/// Seven bytes with its prefix.
pub(crate) fn filter() -> Filter {
    Filter { count: 3, size: 0 }
}

/// Seven bytes with its prefix.
pub(crate) fn bean() -> Bean {
    Bean {
        grams: 3,
        ..Bean::default()
    }
}

/// Eight bytes with its prefix.
pub(crate) fn line() -> Line {
    Line { text: "x".into() }
}
