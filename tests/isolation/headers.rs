//! Header blocks that are large, or in many pieces.

use ziggurat::{Code, Status, channel::Http2Options};
use ziggurat_examples::cafe::LatteOrder;
use ziggurat_testing::peer::{Connection, Fields, HeaderBlock};

use crate::cafe::{Cafe, within};

/// How many bytes of a block stand in one frame.
const FRAME: usize = 16 * 1024;

/// What a connection keeps of headers and of trailers by default.
const LIMIT: usize = 64 * 1024;

const HEAD: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];
const OK: [(&str, &str); 1] = [("grpc-status", "0")];

/// These fields, and as many of a kilobyte.
fn padded<const N: usize>(fields: [(&str, &str); N], kilobytes: usize) -> Fields {
    let mut fields = Fields::from(fields);
    for _ in 0..kilobytes {
        fields.push("x-pad", "x".repeat(1024));
    }
    fields
}

async fn send(peer: &Connection, stream: u32, head: Fields, end: Fields) {
    let head = HeaderBlock::new(stream, head).split(FRAME);
    peer.block(&head).await.unwrap();
    peer.message(stream, "").await.unwrap();
    let end = HeaderBlock::new(stream, end).end_stream().split(FRAME);
    peer.block(&end).await.unwrap();
}

/// Ends a call with an answer of so many kilobytes of headers and trailers.
async fn answered(cafe: &mut Cafe, headers: usize, trailers: usize) -> Result<(), Status> {
    let told = cafe.call(async |peer, stream| {
        send(peer, stream, padded(HEAD, headers), padded(OK, trailers)).await;
    });
    told.await.map(drop)
}

fn assert_names(status: &Status, block: &str) {
    assert_eq!(status.code(), Code::Internal, "{status}");
    let text = status.message();
    assert!(text.contains(block), "{text}");
    assert!(
        text.contains(&format!("the limit is {LIMIT} bytes")),
        "{text}"
    );
}

#[tokio::test]
async fn large_headers_end_their_own_call() {
    // L-8
    within(async {
        let mut cafe = Cafe::open().await;
        for kilobytes in [70, 200, 2_000] {
            let status = answered(&mut cafe, kilobytes, 0).await.unwrap_err();
            assert_names(&status, "the headers of an answer");
            cafe.assert_whole().await;
        }
    })
    .await;
}

#[tokio::test]
async fn large_trailers_end_their_own_call() {
    // L-8
    within(async {
        let mut cafe = Cafe::open().await;
        for kilobytes in [70, 400, 2_000] {
            let status = answered(&mut cafe, 0, kilobytes).await.unwrap_err();
            assert_names(&status, "the trailers of an answer");
            cafe.assert_whole().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_status_text_is_not_lost_in_silence() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let told = cafe.call(async |peer, stream| {
            let mut end = Fields::from([("grpc-status", "5")]);
            end.push("grpc-message", "x".repeat(100_000));
            send(peer, stream, padded(HEAD, 0), end).await;
        });
        let status = told.await.unwrap_err();
        assert_names(&status, "the trailers of an answer");
        cafe.assert_whole().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_limits_allow_arrives_whole() {
    //
    within(async {
        let kept = 8 * 1024 * 1024;
        let mut cafe = Cafe::open_with(Http2Options::new().max_header_list(kept)).await;
        let serve = async {
            let stream = cafe.peer.request().await.unwrap().stream;
            send(&cafe.peer, stream, padded(HEAD, 400), padded(OK, 2_000)).await;
        };
        let call = cafe.stub.make_latte(LatteOrder::default());
        let call = call.max_metadata_size(8 * 1024 * 1024);
        let (told, ()) = tokio::join!(call.send(), serve);
        let told = told.unwrap();
        assert_eq!(told.initial_metadata().get_all("x-pad").count(), 400);
        assert_eq!(told.trailing_metadata().get_all("x-pad").count(), 2_000);
        cafe.assert_whole().await;
    })
    .await;
}

#[tokio::test]
async fn large_frames_allow_for_as_many_small_ones() {
    // h2 counts the frames of a block by how many of the largest ones fill it.
    for frame in [1024 * 1024, (1 << 24) - 1] {
        let http2 = Http2Options::new().max_frame(frame).unwrap();
        within(async {
            let mut cafe = Cafe::open_with(http2).await;
            let told = cafe.call(async |peer, stream| {
                let head = HeaderBlock::new(stream, HEAD).split(FRAME);
                peer.block(&head).await.unwrap();
                peer.message(stream, "").await.unwrap();
                let mut end = Fields::from(OK);
                end.push("x-pad", "x".repeat(750));
                let end = HeaderBlock::new(stream, end).end_stream().split(10);
                assert!((69..=80).contains(&end.frames().len()));
                peer.block(&end).await.unwrap();
            });
            told.await.unwrap();
            cafe.assert_whole().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_block_in_many_pieces_is_a_block() {
    within(async {
        let mut cafe = Cafe::open().await;
        let told = cafe.call(async |peer, stream| {
            // A byte in each frame.
            let head = HeaderBlock::new(stream, HEAD).split(1);
            assert!(head.frames().len() > 20);
            peer.block(&head).await.unwrap();
            peer.message(stream, "").await.unwrap();
            let mut end = Fields::from(OK);
            end.push("x-pad", "x".repeat(500));
            let end = HeaderBlock::new(stream, end).end_stream().split(1);
            assert!(end.frames().len() > 500);
            peer.block(&end).await.unwrap();
        });
        told.await.unwrap();
        cafe.assert_whole().await;
    })
    .await;
}
