//! The large call of the interop client, and the server at the other end of it.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use prost::Message;
use ziggurat::{Channel, Status};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, LatteOrder};
use ziggurat_testing::peer::{Connection, Control, Options, Peer, grpc_message};

const REQUEST: usize = 271_828;
const ANSWER: usize = 314_159;

/// The two ends of one open connection.
pub(crate) struct Cafe {
    pub(crate) stub: CoffeeMachineStub,
    pub(crate) peer: Connection,
}

impl Cafe {
    pub(crate) async fn open() -> Self {
        let peer = Peer::bind().await.unwrap();
        let builder = Channel::builder(&peer.url().unwrap()).unwrap();
        let (channel, peer) = tokio::join!(builder.connect(), accept(&peer));
        Self {
            stub: CoffeeMachineStub::new(channel.unwrap()),
            peer,
        }
    }

    /// Makes the large call; the script has the stream once the whole request is there.
    pub(crate) async fn large_call(
        &mut self,
        script: impl AsyncFnOnce(&mut Connection, u32),
    ) -> Result<(), Status> {
        let serve = async {
            let stream = take(&mut self.peer).await;
            script(&mut self.peer, stream).await;
        };
        let (told, ()) = tokio::join!(large_call(&self.stub), serve);
        told
    }
}

/// Accepts a client, which may send as much as it likes.
pub(crate) async fn accept(peer: &Peer) -> Connection {
    let options = Options::new().windows(Control::Automatic);
    peer.accept_with(options).await.unwrap()
}

/// Makes the large call, and checks the answer if there is one.
pub(crate) async fn large_call(cafe: &CoffeeMachineStub) -> Result<(), Status> {
    let order = LatteOrder {
        name: "x".repeat(REQUEST),
        ..LatteOrder::default()
    };
    let coffee = cafe.make_latte(order).await?;
    assert!(coffee == large_coffee());
    Ok(())
}

/// Takes the next request whole.
pub(crate) async fn take(peer: &mut Connection) -> u32 {
    let stream = peer.request().await.unwrap().stream;
    let request = peer.body(stream).await.unwrap();
    assert!(request.len() > REQUEST);
    stream
}

/// Answers as a server in good order does.
pub(crate) async fn answer(peer: &mut Connection, stream: u32) {
    let coffee = large_coffee().encode_to_vec();
    peer.respond_ok(stream, [coffee]).await.unwrap();
}

/// The bytes of the answer's DATA, prefix included.
pub(crate) fn answer_bytes() -> Bytes {
    grpc_message(large_coffee().encode_to_vec()).into()
}

/// Ends the answer with OK.
pub(crate) async fn end(peer: &mut Connection, stream: u32) {
    let ok = [("grpc-status", "0")];
    peer.trailers(stream, ok).await.unwrap();
}

fn large_coffee() -> Coffee {
    Coffee {
        name: "x".repeat(ANSWER),
        temperature: 0,
    }
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}
