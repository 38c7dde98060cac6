//! Servers that go, and come back or not.

use futures_util::future::join_all;
use ziggurat::{CallOptions, Code, channel::State};
use ziggurat_soak::Habits;
use ziggurat_testing::proxy::Fault;

use crate::cafe::{Cafe, call, within};

#[tokio::test]
async fn a_killed_server_is_found_again_when_it_is_back() {
    // T-19, A-114
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        for id in 0..5 {
            cafe.call(id).await.unwrap();
            cafe.proxy.down().await.unwrap();
            // Whoever does not wait for ready is told, until it is back.
            let status = loop {
                if let Err(status) = cafe.call(100 + id).await {
                    break status;
                }
            };
            assert_eq!(status.code(), Code::Unavailable, "{status}");
            cafe.proxy.up().await.unwrap();
            cafe.channel.ready().await.unwrap();
        }
        cafe.call(10).await.unwrap();
        assert_eq!(cafe.ledger.twice(), 0);
    })
    .await;
}

#[tokio::test]
async fn calls_that_wait_for_ready_outlast_graceful_restarts() {
    // D-12, A-112
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        let patient = cafe.client.with(CallOptions::new().wait_for_ready(true));
        for first in [0, 100, 200] {
            call(&patient, first).await.unwrap();
            cafe.proxy.refuse().await.unwrap();
            cafe.server.drain();
            let waiting = join_all((1..20).map(|id| call(&patient, first + id)));
            let back = async {
                let mut states = cafe.channel.states();
                while states.current() == State::Ready {
                    states.changed().await;
                }
                cafe.proxy.up().await.unwrap();
            };
            let (told, ()) = tokio::join!(waiting, back);
            for told in told {
                told.unwrap();
            }
            (0..20).for_each(|id| assert_eq!(cafe.ledger.begun(first + id), 1));
        }
    })
    .await;
}

#[tokio::test]
async fn a_dead_port_is_not_asked_by_every_call() {
    // D-11, D-21, D-26
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        cafe.proxy.down().await.unwrap();
        let failed = cafe.calls(500, 32).await;
        assert_eq!(failed.len(), 500);
        cafe.assert_lost(&failed);
        for (_, status) in failed {
            assert!(status.message().contains("cannot connect to"), "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_that_accepts_and_resets_is_not_asked_by_every_call() {
    // D-11, D-23, D-26
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        cafe.proxy.set(Fault::Reset);
        let failed = cafe.calls(500, 32).await;
        assert_eq!(failed.len(), 500);
        cafe.assert_lost(&failed);
        // One for each second, and the test does not last many.
        assert!(cafe.proxy.accepted() < 30, "{}", cafe.proxy.accepted());
    })
    .await;
}
