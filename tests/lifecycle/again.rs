//! A policy on UNAVAILABLE: calls that may be done twice outlast the connections that they are lost with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use http::Response;
use tower::util::MapResponseLayer;
use ziggurat::{
    Body, Code, Outcome, Status,
    layers::{hedge::HedgingPolicy, retry::RetryPolicy},
    service_config::{MethodConfig, RetryOrHedgingPolicy, ServiceConfig},
};
use ziggurat_soak::Habits;
use ziggurat_testing::proxy::Fault;

use crate::{
    cafe::{Cafe, call, client, soon, within},
    port::{Manner, Port},
};

/// Calls at once, and with one server after the other.
const CALLS: usize = 300;

/// Ten attempts, so that chance does not use them up.
const ATTEMPTS: u32 = 10;

/// Retries of what failed with UNAVAILABLE.
fn retry() -> RetryOrHedgingPolicy {
    let policy = RetryPolicy::builder()
        .retryable_codes([Code::Unavailable])
        .max_attempts(ATTEMPTS)
        .initial_backoff(Duration::from_millis(1));
    policy.build().unwrap().into()
}

/// Another attempt at once where one failed with UNAVAILABLE; none for any other reason.
fn hedge() -> RetryOrHedgingPolicy {
    let policy = HedgingPolicy::builder()
        .non_fatal_codes([Code::Unavailable])
        .hedging_delay(Duration::from_secs(3600));
    policy.build().unwrap().into()
}

/// The same for all methods.
fn config(policy: RetryOrHedgingPolicy) -> ServiceConfig {
    let config = MethodConfig::builder().retry_or_hedging_policy(policy);
    let config = ServiceConfig::builder().all_methods(config.build());
    config.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_that_run_on_a_connection_that_ends_are_executed_again() {
    // C-12, C-35, C-52
    for policy in [retry(), hedge()] {
        let work = Duration::from_secs(1);
        let port = Port::new(Manner::Serves(Habits::new().work(work)));
        let builder = port.builder().service_config(config(policy));
        let (client, ledger) = (client(&builder.connect_lazy()), port.ledger());
        let calls = join_all((0..CALLS).map(|id| call(&client, id)));
        let cut = async {
            while ledger.total() < CALLS {
                tokio::task::yield_now().await;
            }
            port.cut();
        };
        let (told, ()) = soon(async { tokio::join!(calls, cut) }).await;
        told.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        for id in 0..CALLS {
            assert_eq!(ledger.begun(id), 2, "call {id}");
        }
        assert_eq!(port.count(), 2);
    }
}

#[tokio::test]
async fn none_is_lost_over_connections_that_break_by_chance() {
    // C-12, C-13, C-35
    for fault in [Fault::Reset, Fault::Close] {
        within(over_connections_with(fault)).await;
    }
}

/// What fails has an answer that began: its call is committed. Of those, the server says that they were executed.
async fn over_connections_with(fault: Fault) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let count = MapResponseLayer::new(move |answer: Response<Body>| {
        let is_failure = Outcome::of(&answer).failure().is_some();
        counted.fetch_add(usize::from(!is_failure), Relaxed);
        answer
    });
    let cafe = Cafe::open_with(Habits::new(), |builder| {
        let builder = builder
            .service_config(config(retry()))
            .max_attempts(ATTEMPTS);
        builder.attempt_layer(count)
    });
    let cafe = cafe.await;
    let mut dice = fastrand::Rng::with_seed(5);
    cafe.proxy
        .plan(move |_| fault.after(dice.u64(1_000..10_000)));
    let failed = cafe.calls(CALLS, 8).await;
    assert!(cafe.server.accepted() > 1, "connections broke");
    for id in 0..CALLS {
        assert!(cafe.ledger.begun(id) > 0, "call {id}");
    }
    assert_eq!(begun.load(Relaxed), CALLS, "each has one answer that began");
    assert_cut_off(&failed);
}

/// Shows that these ended with their connection.
#[track_caller]
fn assert_cut_off(failed: &[(usize, Status)]) {
    for (id, status) in failed {
        assert_eq!(status.code(), Code::Unavailable, "call {id}: {status}");
        assert!(status.is_local(), "call {id}: {status}");
    }
}
