//! Servers that refuse streams, and connections that end before they served.

use futures_util::future::join_all;
use tokio::time::Instant;
use ziggurat::{CallOptions, Code};
use ziggurat_soak::{Age, Habits, Refusal};
use ziggurat_testing::peer::{Peer, Reason};

use crate::{
    cafe::{Cafe, builder, call, client, soon, within},
    port::{Manner, Port, millis, steady},
};

#[tokio::test]
async fn a_stream_refused_once_is_sent_again() {
    // A-105, C-31, C-32
    within(async {
        let habits = Habits::new().refusal(Refusal::Once { percent: 10 });
        let cafe = Cafe::open(habits).await;
        let failed = cafe.calls(1_000, 32).await;
        assert!(failed.is_empty(), "{failed:?}");
        cafe.assert_each_once(1_000);
        let refused = (0..1_000).filter(|id| cafe.ledger.refused(*id) == 1);
        assert_eq!(refused.count(), 100);
        assert_eq!(cafe.server.accepted(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stream_refused_always_is_sent_twice() {
    // A-105, C-31
    within(async {
        let habits = Habits::new().refusal(Refusal::Some { percent: 100 });
        let cafe = Cafe::open(habits).await;
        let failed = cafe.calls(100, 10).await;
        assert_eq!(failed.len(), 100);
        cafe.assert_lost(&failed);
        assert!((0..100).all(|id| cafe.ledger.refused(id) == 2));
        assert_eq!(cafe.ledger.total(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_keeps_nothing_is_sent_once() {
    // C-25
    within(async {
        let habits = Habits::new().refusal(Refusal::Once { percent: 100 });
        let cafe = Cafe::open(habits).await;
        let once = cafe.client.with(CallOptions::new().resend_limit(0));
        let status = call(&once, 1).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!((cafe.ledger.refused(1), cafe.ledger.begun(1)), (1, 0));
        call(&cafe.client, 2).await.unwrap();
        assert_eq!((cafe.ledger.refused(2), cafe.ledger.begun(2)), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_stream_reset_without_an_error_is_none_the_less_no_success() {
    // L-1
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = builder(&peer.url().unwrap()).connect_lazy();
        let client = client(&channel);
        let serve = async {
            let mut peer = peer.accept().await.unwrap();
            let stream = peer.request().await.unwrap().stream;
            peer.grpc_headers(stream).await.unwrap();
            peer.message(stream, "0").await.unwrap();
            peer.reset(stream, Reason::NO_ERROR).await.unwrap();
            peer
        };
        let (told, _peer) = tokio::join!(call(&client, 0), serve);
        assert_eq!(told.unwrap_err().code(), Code::Internal);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn connections_closed_right_after_their_settings_cost_no_call() {
    // D-26, T-19, C-30: every second one; what it leaves unsent waits a tenth of a second for the next.
    let port = Port::new(Manner::Serves(Habits::new().age(Age::Calls(20))));
    port.every_second(Manner::GreetsAndHangsUp);
    let client = client(&port.builder().backoff(steady()).connect_lazy());
    let timed = async |id| {
        let start = Instant::now();
        call(&client, id).await.unwrap();
        millis(start.elapsed())
    };
    let (mut quick, mut waited) = (0, 0);
    for first in (0..1_000).step_by(10) {
        let ids = first..first + 10;
        for took in soon(join_all(ids.map(timed))).await {
            match took {
                0 => quick += 1,
                100 => waited += 1,
                _ => panic!("it took {took} ms"),
            }
        }
    }
    let ledger = port.ledger();
    assert!((0..1_000).all(|id| ledger.begun(id) == 1));
    assert_eq!((quick, waited), (510, 490));
    assert_eq!(port.count(), 99);
}
