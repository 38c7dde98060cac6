//! A server that allows one stream at a time, which it says after the client connected.

use tokio::task::JoinSet;
use ziggurat_testing::peer::{Connection, Setting};

use crate::cafe::{Cafe, answer, large_call, take, within};

/// As many as the interop client of gRPC makes at once.
const CALLS: usize = 10;

#[tokio::test]
async fn ten_calls_have_the_one_stream_in_turn() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        cafe.large_call(answer).await.unwrap();
        let one = [(Setting::MAX_CONCURRENT_STREAMS, 1)];
        cafe.peer.settings(one).await.unwrap();
        cafe.peer.barrier().await.unwrap();

        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let stub = cafe.stub.clone();
            calls.spawn(async move { large_call(&stub).await });
        }
        for _ in 0..CALLS {
            let stream = take(&mut cafe.peer).await;
            assert_no_other_request(&mut cafe.peer).await;
            answer(&mut cafe.peer, stream).await;
        }
        assert!(calls.join_all().await.iter().all(Result::is_ok));
    })
    .await;
}

/// While a call has the stream, the others have sent nothing.
async fn assert_no_other_request(peer: &mut Connection) {
    let sent = peer.barrier().await.unwrap().lines();
    let heads = sent.iter().filter(|line| line.starts_with("HEADERS"));
    assert_eq!(heads.count(), 0, "{sent:?}");
}
