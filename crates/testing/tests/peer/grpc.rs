//! gRPC calls in few lines.

use ziggurat_testing::peer::{Connection, grpc_message};

use crate::client::{Client, pair, read_all};

async fn answered<F: Future<Output = ()>>(
    answer: impl FnOnce(Connection) -> F,
) -> h2::client::ResponseFuture {
    let (mut client, mut peer): (Client, _) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    answer(peer).await;
    response
}

#[tokio::test]
async fn a_good_response_is_headers_messages_trailers() {
    let response = answered(async |peer: Connection| {
        peer.respond_ok(1, ["latte", ""]).await.unwrap();
    });
    let response = response.await.await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let body = read_all(response).await.unwrap();
    assert_eq!(body, [grpc_message("latte"), grpc_message("")].concat());
}

#[tokio::test]
async fn a_bare_status_is_one_block() {
    let response = answered(async |peer: Connection| {
        peer.respond_status(1, 5, "no such bean").await.unwrap();
    });
    let response = response.await.await.unwrap();
    //
    assert!(response.body().is_end_stream());
    assert_eq!(response.headers()["grpc-status"], "5");
    assert_eq!(response.headers()["grpc-message"], "no such bean");
}
