//! Connections that break: UNAVAILABLE, and nothing twice.

use fastrand::Rng;
use futures_util::future::join_all;
use ziggurat::Code;
use ziggurat_soak::Habits;
use ziggurat_testing::proxy::{Fault, Plan};

use crate::cafe::{Cafe, within};

/// Makes calls over connections that break as the plan says; the first serves a while, so that the server is known.
async fn over(mut plan: impl FnMut(&mut Rng) -> Plan + Send + 'static) {
    within(async {
        let cafe = Cafe::open(Habits::new()).await;
        let mut dice = Rng::with_seed(5);
        cafe.proxy.plan(move |number| match number {
            0 => Fault::Reset.after(2_000),
            _ => plan(&mut dice),
        });
        let failed = cafe.calls(1_000, 8).await;
        cafe.assert_lost(&failed);
        assert!(!failed.is_empty());
        // And then all is well again.
        cafe.proxy.set(Fault::None);
        cafe.channel.ready().await.unwrap();
        cafe.call(1_500).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn reset_by_chance() {
    // A-114, C-35
    over(|dice| Fault::Reset.after(dice.u64(100..10_000))).await;
}

#[tokio::test]
async fn cut_in_the_middle_of_a_frame() {
    // A-114, C-35
    over(|dice| Fault::Close.after(dice.u64(100..10_000))).await;
}

#[tokio::test]
async fn calls_that_run_end_with_their_connection() {
    // A-114, C-35
    within(async {
        for fault in [Fault::Reset, Fault::Close] {
            let hour = std::time::Duration::from_secs(3600);
            let cafe = Cafe::open(Habits::new().work(hour)).await;
            let calls = join_all((0..20).map(|id| cafe.call(id)));
            let strike = async {
                while cafe.ledger.total() < 20 {
                    tokio::task::yield_now().await;
                }
                cafe.proxy.strike(fault);
            };
            let (told, ()) = tokio::join!(calls, strike);
            for told in told {
                let status = told.unwrap_err();
                assert_eq!(status.code(), Code::Unavailable, "{status}");
                assert!(status.message().contains("was lost"), "{status}");
            }
            cafe.assert_each_once(20);
        }
    })
    .await;
}
