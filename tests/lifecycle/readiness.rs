//! When a channel is ready for who asks it: exactly, on a paused clock.

use std::{future::poll_fn, time::Duration};

use http::Request;
use tokio::time::Instant;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::Service;
use ziggurat::{
    Body, Code, Status,
    channel::{ReadyWhenConnected, State},
};
use ziggurat_soak::Habits;

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, millis, once_served, steady},
};

/// Waits as a balancer does.
async fn ready(server: &mut ReadyWhenConnected) -> Result<(), Status> {
    poll_fn(|cx| Service::<Request<Body>>::poll_ready(server, cx)).await
}

#[tokio::test(start_paused = true)]
async fn who_asks_an_idle_channel_connects_it() {
    let port = Port::serving();
    let channel = port.builder().connect_lazy();
    let mut server = channel.clone().ready_when_connected();
    let mut other = server.clone();
    assert_eq!(port.count(), 0);
    let mut waiting = task::spawn(ready(&mut server));
    assert_pending!(waiting.poll());
    assert_pending!(task::spawn(ready(&mut other)).poll()); // and is dropped
    soon(channel.ready()).await.unwrap();
    assert!(waiting.is_woken());
    assert_ready_ok!(waiting.poll());
    drop(waiting);
    for server in [&mut server, &mut other] {
        assert_ready_ok!(task::spawn(ready(server)).poll());
    }
    assert_eq!(port.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_out() {
    // D-11, D-21: with the pauses of the channel, and no others.
    let port = Port::new(Manner::Refuses);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let mut server = channel.clone().ready_when_connected();
    let start = Instant::now();
    let back = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(channel.state(), State::TransientFailure);
        port.set(Manner::Serves(Habits::new()));
    };
    let (connected, ()) = soon(async { tokio::join!(ready(&mut server), back) }).await;
    connected.unwrap();
    assert_eq!(millis(start.elapsed()), 5160);
    assert_eq!(port.tried_since(start), [0, 1000, 2600, 5160]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_no_readiness() {
    let (port, channel) = once_served(Manner::Serves(Habits::new())).await;
    let mut server = channel.clone().ready_when_connected();
    let before = port.count();
    assert_ne!(channel.state(), State::Ready);
    assert_pending!(task::spawn(ready(&mut server)).poll());
    soon(ready(&mut server)).await.unwrap();
    assert_eq!(port.count(), before + 1);
    soon(call(&client(&channel), 1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_closed_channel_is_an_error() {
    // D-4
    let port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let mut server = channel.clone().ready_when_connected();
    let mut waiting = task::spawn(ready(&mut server));
    assert_pending!(waiting.poll());
    soon(channel.close()).await;
    assert!(waiting.is_woken());
    let told = assert_ready_err!(waiting.poll());
    assert_eq!(told.code(), Code::Unavailable);
    drop(waiting);
    let again = assert_ready_err!(task::spawn(ready(&mut server)).poll());
    assert_eq!(again.message(), told.message());
}
