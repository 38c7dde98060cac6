//! Answers that HTTP/2 forbids, more of them than h2 bears in the life of a connection.

use ziggurat::Code;
use ziggurat_testing::peer::Fields;

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
