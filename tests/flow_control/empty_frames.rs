//! Empty DATA frames: a hundred are borne in a connection's life, and with one more it is replaced.

use ziggurat::{Channel, Code};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};
use ziggurat_testing::peer::{Connection, Peer, RawFrame};

use crate::cafe::{answer_headers, end, within};

/// h2's limit, over the life of a connection.
const BORNE: usize = 100;

async fn send_empty(peer: &Connection, stream: u32, frames: usize) {
    let empty = RawFrame::data(stream, "");
    let frames = std::iter::repeat_n(empty, frames);
    peer.frames(frames).await.unwrap();
}

#[tokio::test]
async fn more_empty_frames_than_h2_bears_cost_one_connection() {
    // L-22
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = Channel::builder(&peer.url().unwrap()).unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());
        let call = || cafe.make_latte(LatteOrder::default()).send();

        let serve = async {
            let mut connection = peer.accept().await.unwrap();
            let stream = answer_headers(&mut connection).await;
            send_empty(&connection, stream, BORNE / 2).await;
            connection.message(stream, "").await.unwrap();
            send_empty(&connection, stream, BORNE / 2).await;
            end(&connection, stream).await;
            connection
        };
        let (told, mut connection) = tokio::join!(call(), serve);
        told.unwrap();

        let serve = async {
            let stream = answer_headers(&mut connection).await;
            send_empty(&connection, stream, 1).await;
            connection.closed().await.ok();
        };
        let (told, ()) = tokio::join!(call(), serve);
        assert_eq!(told.unwrap_err().code(), Code::Unavailable);

        let serve = async {
            let mut connection = peer.accept().await.unwrap();
            let stream = answer_headers(&mut connection).await;
            connection.message(stream, "").await.unwrap();
            end(&connection, stream).await;
        };
        let (told, ()) = tokio::join!(call(), serve);
        told.unwrap();
    })
    .await;
}
