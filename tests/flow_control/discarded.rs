//! What arrives and is thrown away does not use up the connection's window.

use tokio::sync::Notify;
use ziggurat::{Code, Status, channel::Http2Options};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter, LatteOrder};
use ziggurat_testing::peer::{Connection, HeaderBlock, Options, RawFrame, Reason};

use crate::cafe::{Cafe, within};

/// The connection's window, in bytes.
const WINDOW: u32 = 65_535;
/// Bytes of one DATA frame.
const PIECE: u32 = 10_000;
/// More answers than the window would let through.
const CALLS: usize = 8;

const HEAD: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

/// Makes calls that end on this side while their answer goes on: before and after their reset, each is sent data that
/// nobody will read.
async fn gives_back(answer: &'static [u8], call: impl AsyncFn(CoffeeMachineStub, &Notify)) {
    within(async {
        let small = Http2Options::new().connection_window(WINDOW).unwrap();
        let mut cafe = Cafe::open_both_with(small, Options::new()).await;
        for _ in 0..CALLS {
            let arrived = Notify::new();
            let serve = discard(&mut cafe.peer, answer, &arrived);
            tokio::join!(call(cafe.stub.clone(), &arrived), serve);
        }
        cafe.serves_another().await;
    })
    .await;
}

/// Sends an answer that is thrown away, within what the client allows: a client that gives nothing back stops it.
async fn discard(peer: &mut Connection, beginning: &'static [u8], arrived: &Notify) {
    let stream = peer.request().await.unwrap().stream;
    let mut data = beginning.to_vec();
    data.resize(PIECE as usize, 0);
    let piece = || RawFrame::data(stream, data.clone());
    // At once, so that it is there before the client has read its beginning.
    let mut frames = HeaderBlock::new(stream, HEAD).frames();
    frames.extend([piece(), piece(), piece()]);
    peer.wait_to_send(0, 3 * PIECE).await.unwrap();
    peer.frames(frames).await.unwrap();
    peer.barrier().await.unwrap();
    arrived.notify_one();
    let reset = peer.reset_of(stream).await.unwrap();
    assert_eq!(reset, Reason::CANCEL);
    peer.wait_to_send(0, PIECE).await.unwrap();
    peer.frame(piece()).await.unwrap();
    peer.barrier().await.unwrap();
}

fn assert_code<T: std::fmt::Debug>(ended: Result<T, Status>, code: Code) {
    assert_eq!(ended.unwrap_err().code(), code);
}

#[tokio::test]
async fn messages_over_the_limit() {
    //
    gives_back(b"\0\x7f\xff\xff\xff", async |cafe, _| {
        let ended = cafe.make_latte(LatteOrder::default()).await;
        assert_code(ended, Code::ResourceExhausted);
    })
    .await;
}

#[tokio::test]
async fn frames_that_are_none() {
    //
    gives_back(b"\x02\0\0\0\0", async |cafe, _| {
        let ended = cafe.watch(Filter::default()).collect().await;
        assert_code(ended, Code::Internal);
    })
    .await;
}

#[tokio::test]
async fn streams_that_nobody_read() {
    // A-59, B-26
    gives_back(b"", async |cafe, arrived| {
        let _unread = cafe.watch(Filter::default()).await.unwrap();
        arrived.notified().await;
    })
    .await;
}

#[tokio::test]
async fn streams_dropped_in_the_middle_of_a_message() {
    // A-59, B-26
    gives_back(b"\0\x00\x3f\xff\xff", async |cafe, arrived| {
        let mut orders = cafe.watch(Filter::default()).await.unwrap();
        tokio::select! {
            biased;
            early = orders.recv() => panic!("it is not whole: {early:?}"),
            () = arrived.notified() => {}
        }
    })
    .await;
}
