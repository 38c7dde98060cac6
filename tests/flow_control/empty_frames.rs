//! Empty DATA frames: as many as there are; of those that hold padding, a hundred in a connection's life.

use ziggurat::{Channel, Code};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};
use ziggurat_testing::peer::{Connection, Peer, RawFrame};

use crate::cafe::{Cafe, answer_headers, end, within};

/// h2's limit, over the life of a connection.
const BORNE: usize = 100;

async fn send_padding(peer: &Connection, stream: u32, frames: usize) {
    let empty = RawFrame::data(stream, "").padded(0);
    let frames = std::iter::repeat_n(empty, frames);
    peer.frames(frames).await.unwrap();
}

#[tokio::test]
async fn any_number_of_empty_frames_is_borne() {
    // A-45, L-22
    within(async {
        let mut cafe = Cafe::open().await;
        let call = cafe.stub.make_latte(LatteOrder::default()).send();
        let serve = async {
            let stream = answer_headers(&mut cafe.peer).await;
            let empty = RawFrame::data(stream, "");
            let frames = std::iter::repeat_n(empty, 100 * BORNE);
            cafe.peer.frames(frames.clone()).await.unwrap();
            cafe.peer.message(stream, "").await.unwrap();
            // One in each read.
            for frame in frames.take(2 * BORNE) {
                cafe.peer.frame(frame).await.unwrap();
                cafe.peer.barrier().await.unwrap();
            }
            end(&cafe.peer, stream).await;
        };
        let (told, ()) = tokio::join!(call, serve);
        told.unwrap();
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn more_padding_alone_than_h2_bears_costs_one_connection() {
    // L-22
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = Channel::builder(&peer.url().unwrap()).unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());
        let call = || cafe.make_latte(LatteOrder::default()).send();

        let serve = async {
            let mut connection = peer.accept().await.unwrap();
            let stream = answer_headers(&mut connection).await;
            send_padding(&connection, stream, BORNE / 2).await;
            connection.message(stream, "").await.unwrap();
            send_padding(&connection, stream, BORNE / 2).await;
            end(&connection, stream).await;
            connection
        };
        let (told, mut connection) = tokio::join!(call(), serve);
        told.unwrap();

        let serve = async {
            let stream = answer_headers(&mut connection).await;
            send_padding(&connection, stream, 1).await;
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
