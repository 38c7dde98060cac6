//! Answers that HTTP/2 forbids, more of them than h2 bears in the life of a connection.

use ziggurat::Code;
use ziggurat_testing::peer::{Fields, HeaderBlock, RawFrame, Reason};

use crate::cafe::{Cafe, within};

/// h2's default is 1,024.
const ANSWERS: usize = 1_200;

/// Answers calls with these fields, END_STREAM with them.
async fn answer_all(fields: Fields) {
    within(async {
        let mut cafe = Cafe::open().await;
        for _ in 0..ANSWERS {
            let fields = fields.clone();
            let told = cafe.call(async |peer, stream| {
                peer.trailers(stream, fields).await.unwrap();
            });
            let status = told.await.unwrap_err();
            assert_eq!(status.code(), Code::Internal, "{status}");
        }
        cafe.assert_whole().await;
    })
    .await;
}

#[tokio::test]
async fn connection_fields() {
    // L-18
    let mut fields = Fields::from([(":status", "200"), ("grpc-status", "0")]);
    fields.push("connection", "close");
    answer_all(fields).await;
}

#[tokio::test]
async fn a_length_without_a_body() {
    // L-7
    let mut fields = Fields::from([(":status", "200"), ("grpc-status", "0")]);
    fields.push("content-length", "5");
    answer_all(fields).await;
}

/// The beginning of an answer in gRPC, and its length.
fn with_length(length: &str) -> Fields {
    let mut fields = Fields::from([(":status", "200"), ("content-type", "application/grpc")]);
    fields.push("content-length", length);
    fields
}

/// Answers that break HTTP/2, and what is broken in them.
fn broken(stream: u32) -> Vec<(&'static str, Vec<RawFrame>)> {
    let begin = || HeaderBlock::new(stream, with_length("5")).frames();
    let message = || vec![RawFrame::data(stream, vec![0; 5])];
    let end = || {
        let trailers = HeaderBlock::new(stream, [("grpc-status", "0")]);
        trailers.end_stream().frames()
    };
    let block = |fields: Fields| HeaderBlock::new(stream, fields).frames();
    let grpc = || ("content-type", "application/grpc");
    vec![
        ("no :status", block([grpc()].into())),
        (
            "two of them",
            block([(":status", "200"), (":status", "200"), grpc()].into()),
        ),
        (
            "connection",
            block([(":status", "200"), ("connection", "close"), grpc()].into()),
        ),
        (
            "a length without a body",
            HeaderBlock::new(stream, with_length("5"))
                .end_stream()
                .frames(),
        ),
        (
            "a longer body",
            [block(with_length("4")), message()].concat(),
        ),
        (
            "a shorter body",
            [block(with_length("6")), message(), end()].concat(),
        ),
        (
            "a second header block",
            [begin(), message(), block([("grpc-status", "0")].into())].concat(),
        ),
    ]
}

/// The one sentence for all that h2 finds, which does not say which of them it was.
const WHY: &str = "what the server sent breaks HTTP/2: a malformed header block, a second one that does not end the stream, or another length than its content-length";

#[tokio::test]
async fn it_is_said_which_side_reset_and_why() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let target = cafe.target.clone();
        for row in 0..broken(1).len() {
            let told = cafe.call(async |peer, stream| {
                let (_, frames) = broken(stream).swap_remove(row);
                peer.frames(frames).await.unwrap();
            });
            let status = told.await.unwrap_err();
            let (what, _) = &broken(1)[row];
            assert_eq!(status.code(), Code::Internal, "{what}");
            let expected =
                format!("this side reset the stream to {target} with PROTOCOL_ERROR (0x1): {WHY}");
            assert_eq!(status.message(), expected, "{what}");
        }
        let told = cafe.call(async |peer, stream| {
            peer.grpc_headers(stream).await.unwrap();
            peer.reset(stream, Reason::PROTOCOL_ERROR).await.unwrap();
        });
        let expected = format!("the server reset the stream to {target} with PROTOCOL_ERROR (0x1)");
        assert_eq!(told.await.unwrap_err().message(), expected);
        cafe.assert_whole().await;
    })
    .await;
}
