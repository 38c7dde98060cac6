//! One connection for all stubs, made when needed and made anew when lost.

use tokio::{net::TcpStream, task::JoinSet};
use tokio_test::{assert_pending, task};
use tonic::transport::Server as Tonic;
use ziggurat::{CallOptions, Channel, Code, Status, channel::Target};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub};

use crate::{
    machine::Seen,
    messages::{coffee, filter, line, order},
    run,
    server::Port,
};

#[test]
fn nothing_connects_before_the_first_call() {
    run(async {
        let port = Port::bind();
        let server = port.serve();
        let cafe = CoffeeMachineStub::new(port.channel());
        assert_eq!(server.accepted(), 0);
        cafe.make_latte(order()).await.unwrap();
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn an_eager_channel_is_connected_before_the_first_call() {
    run(async {
        let port = Port::bind();
        let server = port.serve();
        let channel = port.builder().connect().await.unwrap();
        assert_eq!(server.accepted(), 1);
        CoffeeMachineStub::new(channel)
            .make_latte(order())
            .await
            .unwrap();
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn a_connector_of_ones_own_tells_the_peer_of_its_streams() {
    // I-1
    run(async {
        let port = Port::bind();
        let server = port.serve();
        let address = server.address();
        let connector = tower::service_fn(move |_: Target| TcpStream::connect(address));
        // A name that nobody resolves: the connector does without it.
        let builder = Channel::builder("http://cafe.invalid").unwrap();
        let channel = builder.connector(connector).connect_lazy();
        let cafe = CoffeeMachineStub::new(channel);
        let response = cafe.make_latte(order()).send().await.unwrap();
        assert_eq!(response.peer().unwrap().remote_addr(), Some(address));
    });
}

#[test]
fn many_first_calls_at_once_connect_once() {
    run(async {
        let port = Port::bind();
        let channel = port.channel();
        let mut calls = JoinSet::new();
        for number in 0..200 {
            // Several stubs on clones of the channel, and clones of stubs.
            let cafe = CoffeeMachineStub::new(channel.clone());
            let cafe = if number % 2 == 0 { cafe.clone() } else { cafe };
            let call = cafe.make_latte(order()).metadata("x-meet", "200");
            calls.spawn(call.send());
        }
        let server = port.serve();
        // None is answered before all 200 are there.
        for response in calls.join_all().await {
            assert_eq!(response.unwrap().into_message(), coffee());
        }
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn more_calls_than_streams_wait_their_turn() {
    //
    run(async {
        let port = Port::bind();
        let server = port.serve_with(Tonic::builder().max_concurrent_streams(3));
        let cafe = CoffeeMachineStub::new(port.channel());
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            calls.spawn(cafe.make_latte(order()).send());
        }
        for response in calls.join_all().await {
            assert_eq!(response.unwrap().into_message(), coffee());
        }
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn a_call_that_waits_for_a_stream_can_be_dropped() {
    // A-116, B-26
    run(async {
        let port = Port::bind();
        let mut server = port.serve_with(Tonic::builder().max_concurrent_streams(1));
        let cafe = CoffeeMachineStub::new(port.channel());
        let call = cafe.watch(filter(1)).metadata("x-hang", "yes");
        let mut first = call.await.unwrap();
        assert!(first.recv().await.unwrap().is_some());
        assert_eq!(server.seen().await, Seen::Hanging);
        let mut waiting = task::spawn(cafe.make_latte(order()).send());
        assert_pending!(waiting.poll());
        drop(waiting);
        let next = tokio::spawn(cafe.make_latte(order()).send());
        first.cancel();
        assert_eq!(next.await.unwrap().unwrap().into_message(), coffee());
    });
}

fn assert_lost(status: &Status) {
    //
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.is_local());
    assert!(status.message().contains("127.0.0.1"), "{status}");
    assert!(status.cause().is_some());
}

/// Settings for calls that do not end by themselves.
fn hanging() -> CallOptions {
    CallOptions::new().metadata("x-hang", "yes").unwrap()
}

#[test]
fn calls_without_a_deadline_end_with_their_connection() {
    run(async {
        let port = Port::bind();
        let mut server = port.serve();
        let cafe = CoffeeMachineStub::new(port.channel()).with(hanging());
        let unary = tokio::spawn(cafe.make_latte(order()).send());
        assert_eq!(server.seen().await, Seen::Hanging);
        let upload = tokio::spawn(cafe.upload(tokio_stream::pending::<Bean>()).send());
        assert_eq!(server.seen().await, Seen::Hanging);
        let mut orders = cafe.watch(filter(1)).await.unwrap();
        assert!(orders.recv().await.unwrap().is_some());
        let (mut sender, mut lines) = cafe.open().chat().split().await.unwrap();
        for _ in 0..2 {
            assert_eq!(server.seen().await, Seen::Hanging);
        }
        server.die().await;
        assert_lost(&unary.await.unwrap().unwrap_err());
        assert_lost(&upload.await.unwrap().unwrap_err());
        assert_lost(&orders.recv().await.unwrap_err());
        assert_lost(&lines.recv().await.unwrap_err());
        let status = sender.send(line("hello?")).await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled); // a signal to read the answer
    });
}

#[test]
fn a_lost_connection_is_replaced_at_the_next_call() {
    run(async {
        let port = Port::bind();
        let mut server = port.serve();
        let cafe = CoffeeMachineStub::new(port.channel());
        for _ in 0..3 {
            let call = cafe.with(hanging()).make_latte(order());
            let call = tokio::spawn(call.send());
            assert_eq!(server.seen().await, Seen::Hanging);
            server.die().await;
            assert_lost(&call.await.unwrap().unwrap_err());
            server = port.serve();
            assert_eq!(cafe.make_latte(order()).await.unwrap(), coffee());
            assert_eq!(server.accepted(), 1);
        }
    });
}

#[test]
fn a_call_made_while_nobody_listens_waits_for_the_connection() {
    run(async {
        let port = Port::bind();
        let cafe = CoffeeMachineStub::new(port.channel());
        // The port accepts, but nobody reads yet.
        let mut call = task::spawn(cafe.make_latte(order()).send());
        assert_pending!(call.poll());
        let server = port.serve();
        assert_eq!(call.await.unwrap().into_message(), coffee());
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn the_connection_ends_with_its_last_handle() {
    run(async {
        let port = Port::bind();
        let mut server = port.serve();
        let cafe = CoffeeMachineStub::new(port.channel()).with(hanging());
        let mut orders = cafe.watch(filter(1)).await.unwrap();
        drop(cafe);
        // The call itself keeps it.
        assert!(orders.recv().await.unwrap().is_some());
        assert_eq!(server.seen().await, Seen::Hanging);
        drop(orders);
        assert_eq!(server.seen().await, Seen::Cancelled);
    });
}
