//! A reader that stops reading stops its server, and nobody else.

use bytes::{Bytes, BytesMut};
use prost::Message;
use ziggurat::{Status, Streaming, open::Bidi};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter, Line};
use ziggurat_testing::peer::{Connection, grpc_message};

use crate::cafe::{Cafe, STREAM_WINDOW, answer_headers, end, padded, within};

/// How many messages a server has for its client, and the size of each in bytes: together twice the largest window.
const MESSAGES: u32 = 256;
const SIZE: usize = 16 * 1024;

/// Sends what the window lets through, and takes that off the rest.
async fn send_allowed(peer: &Connection, stream: u32, rest: &mut Bytes) {
    loop {
        let window = usize::try_from(peer.peer_may_send(stream)).unwrap();
        let piece = rest.split_to(window.min(16 * 1024).min(rest.len()));
        if piece.is_empty() {
            return;
        }
        peer.data(stream, piece).await.unwrap();
    }
}

/// All messages as they are on the wire.
fn wire(message: impl Fn(u32) -> Vec<u8>) -> Bytes {
    let mut all = BytesMut::new();
    for number in 0..MESSAGES {
        all.extend_from_slice(&grpc_message(message(number)));
    }
    all.freeze()
}

fn all_orders() -> Bytes {
    wire(|number| padded(number, SIZE).encode_to_vec())
}

fn line() -> Line {
    Line {
        text: "x".repeat(SIZE),
    }
}

/// What can be read message by message.
trait Reads {
    async fn read(&mut self) -> Result<bool, Status>;
}

impl<T> Reads for Streaming<T> {
    async fn read(&mut self) -> Result<bool, Status> {
        Ok(self.recv().await?.is_some())
    }
}

impl Reads for Bidi<Line, Line> {
    async fn read(&mut self) -> Result<bool, Status> {
        Ok(self.recv().await?.is_some())
    }
}

/// Reads one message and stops: the server sends one window and what was read, and not a byte more. Then the other
/// calls of the connection go well, and when the reader goes on it gets the rest.
async fn stops<R: Reads>(call: impl AsyncFnOnce(CoffeeMachineStub) -> R, mut rest: Bytes) {
    let mut cafe = Cafe::open().await;
    let all = i64::try_from(rest.len()).unwrap();
    let (mut reader, stream) =
        tokio::join!(call(cafe.stub.clone()), answer_headers(&mut cafe.peer));

    send_allowed(&cafe.peer, stream, &mut rest).await;
    assert!(reader.read().await.unwrap());
    cafe.peer.barrier().await.unwrap();
    send_allowed(&cafe.peer, stream, &mut rest).await;
    cafe.peer.barrier().await.unwrap();
    let read = 2 * i64::try_from(SIZE).unwrap();
    let sent = all - i64::try_from(rest.len()).unwrap();
    assert!(
        (STREAM_WINDOW..=STREAM_WINDOW + read).contains(&sent),
        "{sent}"
    );
    assert_eq!(cafe.peer.peer_may_send(stream), 0);

    cafe.serves_another().await; // A-120, L-14
    assert_eq!(cafe.peer.peer_may_send(stream), 0);

    let write = async {
        cafe.peer.paced_data(stream, rest).await.unwrap();
        end(&cafe.peer, stream).await;
    };
    let read = async {
        let mut messages = 1;
        while reader.read().await.unwrap() {
            messages += 1;
        }
        messages
    };
    let (messages, ()) = tokio::join!(read, write);
    assert_eq!(messages, MESSAGES);
}

#[tokio::test]
async fn a_server_stream_that_is_not_read_stops_its_server() {
    within(stops(
        async |cafe| cafe.watch(Filter::default()).await.unwrap(),
        all_orders(),
    ))
    .await;
}

#[tokio::test]
async fn a_conversation_that_is_not_read_stops_its_server() {
    within(stops(
        async |cafe| {
            let mut call = cafe.open().chat();
            call.send_request().await.unwrap();
            call
        },
        wire(|_| line().encode_to_vec()),
    ))
    .await;
}

#[tokio::test]
async fn a_message_larger_than_the_window_is_read_as_it_comes() {
    const LARGE: usize = 3 * 1024 * 1024;
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = tokio::join!(
            async { cafe.stub.watch(Filter::default()).await.unwrap() },
            answer_headers(&mut cafe.peer)
        );
        let mut message = Bytes::from(grpc_message(padded(0, LARGE).encode_to_vec()));
        let last = message.split_off(message.len() - 1);
        tokio::select! {
            biased;
            early = orders.recv() => panic!("it is not whole: {early:?}"),
            written = cafe.peer.paced_data(stream, message) => written.unwrap(),
        }
        // Half-read, and read no more for the time being.
        cafe.serves_another().await;
        cafe.peer.data(stream, last).await.unwrap();
        let order = orders.recv().await.unwrap();
        assert!(order == Some(padded(0, LARGE))); // B-26
    })
    .await;
}

#[tokio::test]
async fn many_readers_that_stopped_stop_nobody_else() {
    // A-120, L-14
    within(async {
        let mut cafe = Cafe::open().await;
        let mut unread = Vec::new();
        for _ in 0..8 {
            let call = async { cafe.stub.watch(Filter::default()).await.unwrap() };
            let (orders, stream) = tokio::join!(call, answer_headers(&mut cafe.peer));
            send_allowed(&cafe.peer, stream, &mut all_orders()).await;
            assert_eq!(cafe.peer.peer_may_send(stream), 0);
            unread.push(orders);
        }
        cafe.serves_another().await;
    })
    .await;
}
