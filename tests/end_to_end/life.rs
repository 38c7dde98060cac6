//! How a channel connects, waits and ends, as its users see it.

use std::time::Duration;

use tokio_test::{assert_pending, task};
use ziggurat::{
    CallOptions, Channel, Code, Status,
    channel::{Backoff, State},
};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::{
    machine::Seen,
    messages::{coffee, filter, order},
    run,
    server::Port,
};

/// A channel that tries again soon.
fn eager(port: &Port) -> Channel {
    let soon = Duration::from_millis(1);
    let backoff = Backoff::new().initial(soon).max(soon);
    port.builder().backoff(backoff).connect_lazy()
}

fn assert_unavailable(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.is_local());
    assert!(status.message().contains("127.0.0.1"), "{status}"); // D-27
    assert!(status.cause().is_some());
}

async fn failing(channel: &Channel) {
    let mut states = channel.states();
    while states.current() != State::TransientFailure {
        states.changed().await;
    }
}

#[test]
fn calls_fail_fast_by_default() {
    // D-11
    run(async {
        let port = Port::bind();
        let channel = port.channel();
        let cafe = CoffeeMachineStub::new(channel.clone());
        let first = tokio::spawn(cafe.make_latte(order()).send());
        port.close_one().await;
        assert_unavailable(&first.await.unwrap().unwrap_err());
        assert_eq!(channel.state(), State::TransientFailure);
        assert_unavailable(&cafe.make_latte(order()).await.unwrap_err());
        assert_unavailable(&cafe.watch(filter(1)).await.unwrap_err());
        assert_unavailable(&channel.connect().await.unwrap_err());
    });
}

#[test]
fn calls_wait_for_ready_if_told_so() {
    // D-10, D-12
    run(async {
        let port = Port::bind();
        let channel = eager(&port);
        let hasty = CoffeeMachineStub::new(channel.clone());
        let patient = hasty.with(CallOptions::new().wait_for_ready(true));
        // What a call says goes before what its stub says.
        let mut calls = [
            patient.make_latte(order()),
            hasty.make_latte(order()).wait_for_ready(true),
            patient.make_latte(order()).wait_for_ready(false),
            hasty.make_latte(order()),
        ]
        .map(|call| task::spawn(call.send()));
        for call in &mut calls {
            assert_pending!(call.poll());
        }
        port.close_one().await;
        failing(&channel).await;
        let [one, other, hasty, default] = calls;
        assert_unavailable(&hasty.await.unwrap_err());
        assert_unavailable(&default.await.unwrap_err());
        let _server = port.serve();
        channel.ready().await.unwrap();
        assert_eq!(one.await.unwrap().into_message(), coffee());
        assert_eq!(other.await.unwrap().into_message(), coffee());
    });
}

#[test]
fn waiting_for_ready_ends_with_the_deadline() {
    // D-12, B-3
    run(async {
        let port = Port::bind();
        let channel = port.channel();
        let cafe = CoffeeMachineStub::new(channel.clone());
        let connect = tokio::spawn({
            let channel = channel.clone();
            async move { channel.connect().await }
        });
        port.close_one().await;
        assert_unavailable(&connect.await.unwrap().unwrap_err());
        let call = cafe.make_latte(order()).wait_for_ready(true);
        let status = call.timeout(Duration::from_millis(1)).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
    });
}

#[test]
fn closing_lets_calls_finish() {
    // D-4, M-12
    run(async {
        let port = Port::bind();
        let _server = port.serve();
        let channel = port.channel();
        let cafe = CoffeeMachineStub::new(channel.clone());
        let mut orders = cafe.watch(filter(3)).await.unwrap();
        assert!(orders.recv().await.unwrap().is_some());
        let closed = channel.close();
        assert_unavailable(&cafe.make_latte(order()).await.unwrap_err());
        assert_unavailable(&channel.clone().ready().await.unwrap_err());
        let mut rest = 0;
        while orders.recv().await.unwrap().is_some() {
            rest += 1;
        }
        assert_eq!(rest, 2);
        closed.await;
        assert_eq!(channel.state(), State::Shutdown);
    });
}

#[test]
fn shutting_down_cancels_calls() {
    // M-12
    run(async {
        let port = Port::bind();
        let mut server = port.serve();
        let channel = port.channel();
        let hanging = CallOptions::new().metadata("x-hang", "yes").unwrap();
        let cafe = CoffeeMachineStub::new(channel.clone()).with(hanging);
        let unary = tokio::spawn(cafe.make_latte(order()).send());
        let mut orders = cafe.watch(filter(1)).await.unwrap();
        assert!(orders.recv().await.unwrap().is_some());
        for _ in 0..2 {
            assert_eq!(server.seen().await, Seen::Hanging);
        }
        channel.shutdown_now().await;
        for status in [
            unary.await.unwrap().unwrap_err(),
            orders.recv().await.unwrap_err(),
        ] {
            assert_eq!(status.code(), Code::Cancelled);
            let text = format!(
                "the channel to http://{} was shut down while the call ran",
                server.address()
            );
            assert_eq!(status.message(), text);
            assert_eq!(status.cause().unwrap().to_string(), text);
        }
        for _ in 0..2 {
            assert_eq!(server.seen().await, Seen::Cancelled);
        }
        assert_unavailable(&cafe.make_latte(order()).await.unwrap_err());
    });
}
