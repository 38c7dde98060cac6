//! Servers that reset the stream with NO_ERROR, which is never success: the call fails, without a reply.

use ziggurat::{Code, Status};
use ziggurat_testing::peer::{Connection, Reason};

use crate::cafe::{Cafe, answer, answer_bytes, within};

const NO_TRAILERS: &str = "the server closed the stream without sending trailers";

/// Makes the large call against a script that ends it with a reset, and one more that goes well beside it.
async fn failed(script: impl AsyncFnOnce(&mut Connection, u32)) -> Status {
    within(async {
        let mut cafe = Cafe::open().await;
        let script = async |peer: &mut Connection, stream| {
            peer.grpc_headers(stream).await.unwrap();
            script(peer, stream).await;
            peer.reset(stream, Reason::NO_ERROR).await.unwrap();
        };
        let status = cafe.large_call(script).await.unwrap_err();
        // A stream that is over is not reset from this side.
        let sent = cafe.peer.barrier().await.unwrap().lines();
        assert!(!sent.iter().any(|line| line.starts_with("RST"))); // B-25
        cafe.large_call(answer).await.unwrap();
        status
    })
    .await
}

/// The call failed here with this text, and there was no reply: a call has a status or an answer.
fn assert_internal(status: &Status, text: &str) {
    assert_eq!((status.code(), status.message()), (Code::Internal, text));
    assert!(status.is_local());
}

#[tokio::test]
async fn rst_after_header() {
    // L-1
    let status = failed(async |_, _| {}).await;
    assert_internal(&status, NO_TRAILERS);
}

#[tokio::test]
async fn rst_during_data() {
    // L-1
    let status = failed(async |peer, stream| {
        let mut half = answer_bytes();
        half.truncate(half.len() / 2);
        peer.paced_data(stream, half).await.unwrap();
    })
    .await;
    assert_internal(&status, NO_TRAILERS);
}

#[tokio::test]
async fn rst_after_data() {
    // L-1
    let status = failed(async |peer, stream| {
        peer.paced_data(stream, answer_bytes()).await.unwrap();
    })
    .await;
    assert_internal(&status, NO_TRAILERS);
}
