//! When a channel connects again.

use std::time::Duration;

use http::Request;
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;
use ziggurat_transport::{
    channel::{Backoff, State, WaitForReady},
    error::Kind,
};

use crate::{
    body::Body,
    server::{Listener, Pipeline, Server, call, drain, pipes, request, served, soon},
};

fn patient() -> Request<Body> {
    let mut request = request(Body::one("x"));
    request.extensions_mut().insert(WaitForReady);
    request
}

/// Lets this many attempts fail; tells when they were made, in milliseconds since the start.
async fn attempts(listener: &mut Listener, start: Instant, count: usize) -> Vec<u128> {
    let mut times = Vec::new();
    for _ in 0..count {
        drop(listener.accept().await);
        times.push(start.elapsed().as_millis());
    }
    times
}

#[tokio::test(start_paused = true)]
async fn attempts_go_on_with_growing_pauses() {
    // D-21, D-24
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.backoff(Backoff::new().jitter(0.0)).build();
    let start = Instant::now();
    let first = tokio::spawn(call(&channel));
    let times = attempts(&mut listener, start, 6).await;
    assert_eq!(times, [0, 1000, 2600, 5160, 9256, 15_810]);
    assert!(soon(first).await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn pauses_are_jittered() {
    // D-24
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.backoff(Backoff::new().seed(3)).build();
    let start = Instant::now();
    let ready = tokio::spawn(channel.ready());
    let times = attempts(&mut listener, start, 2).await;
    assert!(
        (800..=1200).contains(&times[1]) && times[1] != 1000,
        "{times:?}"
    );
    ready.abort();
}

#[tokio::test(start_paused = true)]
async fn no_attempt_is_made_per_call() {
    // D-26
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let first = tokio::spawn(call(&channel));
    drop(listener.accept().await);
    let error = soon(first).await.unwrap().unwrap_err();
    for _ in 0..100 {
        let next = call(&channel).await.unwrap_err();
        assert_eq!(next.to_string(), error.to_string());
    }
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_ready_outlasts_failures() {
    // D-12
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let waits = tokio::spawn(channel.call(patient()));
    let fails = tokio::spawn(call(&channel));
    drop(listener.accept().await);
    assert!(soon(fails).await.unwrap().is_err());
    drop(listener.accept().await);
    let (mut server, _record) = listener.serve().await;
    server.accept().await.answer("at last");
    assert_eq!(drain(soon(waits).await.unwrap().unwrap()).await, "at last");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_ready_ends_with_the_connection() {
    // D-13, C-35
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let waits = tokio::spawn(channel.call(patient()));
    let (mut server, _record) = listener.serve().await;
    let _accepted = server.accept().await;
    server.cut();
    assert_eq!(soon(waits).await.unwrap().unwrap_err().kind(), Kind::Lost);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_ready_ends_with_the_deadline_of_the_caller() {
    // D-12
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let waits = timeout(Duration::from_millis(1500), channel.call(patient()));
    let waits = tokio::spawn(waits);
    assert_eq!(attempts(&mut listener, Instant::now(), 2).await.len(), 2);
    assert!(soon(waits).await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn what_has_served_is_replaced_at_once_and_soon_again() {
    // T-19
    let (builder, mut listener) = pipes();
    let builder = builder.backoff(Backoff::new().jitter(0.0));
    let (channel, server) = served(builder, &mut listener).await;
    sleep(Duration::from_secs(10)).await;
    let mut states = channel.states();
    server.cut();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    let start = Instant::now();
    let ready = tokio::spawn(channel.ready());
    assert_eq!(attempts(&mut listener, start, 4).await, [0, 100, 260, 516]);
    ready.abort();
}

#[tokio::test(start_paused = true)]
async fn settings_alone_do_not_restart_the_series() {
    // D-23, D-26, T-19: a port that sends SETTINGS and closes.
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.backoff(Backoff::new().jitter(0.0)).build();
    let mut states = channel.states();
    let start = Instant::now();
    let mut times = Vec::new();
    let ready = tokio::spawn(channel.ready());
    for after in [
        State::Idle,
        State::TransientFailure,
        State::TransientFailure,
    ] {
        let (server, _record) = listener.serve().await;
        times.push(start.elapsed().as_millis());
        while soon(states.changed()).await != Some(State::Ready) {}
        server.cut();
        assert_eq!(soon(states.changed()).await, Some(after));
        if after == State::Idle {
            soon(ready_again(&channel)).await;
        }
    }
    let (_server, _record) = listener.serve().await;
    times.push(start.elapsed().as_millis());
    assert_eq!(times, [0, 1000, 2600, 5160]);
    soon(ready).await.unwrap().unwrap();
}

/// Asks for a connection, and does not wait for it.
async fn ready_again(channel: &Pipeline) {
    tokio::spawn(channel.ready());
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn calls_wait_out_the_pause_after_one_connection_that_came_to_nothing() {
    // D-26
    let (builder, mut listener) = pipes();
    let builder = builder.backoff(Backoff::new().jitter(0.0));
    let (channel, server) = served(builder, &mut listener).await;
    let mut states = channel.states();
    server.cut();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));

    let ready = tokio::spawn(channel.ready());
    let (server, _record) = listener.serve().await;
    soon(ready).await.unwrap().unwrap();
    server.cut();
    while soon(states.changed()).await != Some(State::Idle) {}
    let start = Instant::now();
    let waits = tokio::spawn(call(&channel));
    let (mut server, _record): (Server, _) = listener.serve().await;
    assert_eq!(start.elapsed().as_millis(), 100);
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(waits).await.unwrap().unwrap()).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_the_backoff_connects_now() {
    // D-25
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let ready = tokio::spawn(channel.ready());
    let start = Instant::now();
    attempts(&mut listener, start, 5).await;
    sleep(Duration::from_millis(10)).await;
    let before = start.elapsed();
    channel.reset_backoff();
    let (_server, _record) = listener.serve().await;
    assert_eq!(start.elapsed(), before);
    soon(ready).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_as_long_as_the_next_would_wait() {
    // D-22
    let (builder, mut listener) = pipes();
    let backoff = Backoff::new().jitter(0.0).initial(Duration::from_secs(60));
    let channel: Pipeline = builder.backoff(backoff).build();
    let start = Instant::now();
    let connect = tokio::spawn(channel.connect());
    let _silent = listener.accept().await;
    assert_eq!(
        soon(connect).await.unwrap().unwrap_err().kind(),
        Kind::Timeout
    );
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn attempts_stop_with_the_last_handle() {
    // D-5
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let connect = tokio::spawn(channel.connect());
    drop(listener.accept().await);
    assert!(soon(connect).await.unwrap().is_err());
    drop(channel);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(listener.waiting(), 0);
}
