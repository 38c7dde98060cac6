//! Few streams for many calls, and streams that nobody reads.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::Instant;
use ziggurat::{CallOptions, Code, Status, Streaming};
use ziggurat_soak::{Flow, Habits, STREAM};

use crate::{
    cafe::{Cafe, call, client, soon, within},
    port::{Manner, Port, millis},
};

#[tokio::test]
async fn a_thousand_calls_share_ten_streams() {
    // A-116, T-18
    within(async {
        let cafe = Cafe::open(Habits::new().streams(10)).await;
        let failed = cafe.calls(1_000, 1_000).await;
        assert!(failed.is_empty(), "{failed:?}");
        cafe.assert_each_once(1_000);
        assert_eq!(cafe.server.accepted(), 1);
    })
    .await;
}

#[tokio::test]
async fn calls_that_wait_for_a_stream_expire_and_are_not_refused() {
    // A-116, B-2: the ten have their streams for good, and the others none.
    within(async {
        let habits = Habits::new().streams(10).work(Duration::from_secs(3600));
        let cafe = Cafe::open(habits).await;
        let call = |id: usize| {
            let message = Bytes::from(id.to_string());
            let call = cafe.client.unary(&ziggurat_soak::CALL, message);
            let call = call.metadata(ziggurat_soak::CALL_ID, &id.to_string());
            call.timeout(Duration::from_millis(100)).send()
        };
        for told in join_all((0..200).map(call)).await {
            assert_eq!(told.unwrap_err().code(), Code::DeadlineExceeded);
        }
        assert!((0..200).all(|id| cafe.ledger.refused(id) == 0));
        assert_eq!(cafe.ledger.twice(), 0);
        assert_eq!(cafe.server.accepted(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn half_of_the_calls_expire_where_there_is_time_for_half() {
    // A-116, B-2: fifty rounds of ten calls of 40 ms in a little more than two seconds. The ten that run then expire
    // too, and the others were never sent.
    let work = Duration::from_millis(40);
    let port = Port::new(Manner::Serves(Habits::new().streams(10).work(work)));
    let channel = port.builder().connect_lazy();
    let timeout = CallOptions::new().timeout(Duration::from_millis(2_020));
    let client = client(&channel).with(timeout);
    let start = Instant::now();
    let calls = join_all((0..1_000).map(|id| call(&client, id)));
    let told = soon(calls).await;
    assert_eq!(millis(start.elapsed()), 2_020);
    for (id, told) in told.into_iter().enumerate() {
        let expected = if id < 500 {
            None
        } else {
            Some(Code::DeadlineExceeded)
        };
        assert_eq!(
            told.err().map(|status| status.code()),
            expected,
            "call {id}"
        );
    }
    let ledger = port.ledger();
    let begun = (0..1_000).map(|id| ledger.begun(id));
    assert!(begun.eq((0..1_000).map(|id| u8::from(id < 510))));
    assert!((0..1_000).all(|id| ledger.refused(id) == 0));
    assert_eq!(port.count(), 1);
    // The slots of the expired are free again.
    soon(call(&client, 1_000)).await.unwrap();
}

async fn stream(cafe: &Cafe, flow: Flow) -> Result<Streaming<Bytes>, Status> {
    let call = cafe.client.server_streaming(&STREAM, flow.message());
    call.await
}

#[tokio::test]
async fn four_streams_that_nobody_reads_stop_no_call() {
    // A-120, L-14
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        let flow = Flow {
            count: 1_000,
            size: 64 * 1024,
        };
        let unread = join_all((0..4).map(|_| stream(&cafe, flow))).await;
        let failed = cafe.calls(200, 32).await;
        assert!(failed.is_empty(), "{failed:?}");
        cafe.assert_each_once(200);
        for stream in unread {
            assert!(stream.unwrap().recv().await.unwrap().is_some());
        }
        assert_eq!(cafe.server.accepted(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stream_of_small_frames_leaves_calls_and_connection_alone() {
    // T-16, L-14
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        let flow = Flow {
            count: 20_000,
            size: 16,
        };
        let mut unread = stream(&cafe, flow).await.unwrap();
        let failed = cafe.calls(50, 10).await;
        assert!(failed.is_empty(), "{failed:?}");
        let mut messages = 0;
        while unread.recv().await.unwrap().is_some() {
            messages += 1;
        }
        assert_eq!(messages, flow.count);
        assert_eq!(cafe.server.accepted(), 1);
    })
    .await;
}
