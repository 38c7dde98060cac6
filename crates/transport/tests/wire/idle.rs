//! A channel without calls.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use ziggurat_transport::channel::State;

use crate::server::{Pipeline, call, drain, pipes, served, soon};

#[tokio::test(start_paused = true)]
async fn lets_go_of_the_connection_after_half_an_hour() {
    // D-30
    let (builder, mut listener) = pipes();
    let (channel, _server) = served(builder, &mut listener).await;
    let mut states = channel.states();
    let start = Instant::now();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    let minutes = start.elapsed().as_secs() / 60;
    assert!((30..=60).contains(&minutes), "{minutes}");
    assert_eq!(listener.waiting(), 0);

    // D-31
    let again = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    server.accept().await.answer("again");
    assert_eq!(drain(soon(again).await.unwrap().unwrap()).await, "again");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_read_is_a_call() {
    // D-30
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.idle_timeout(Duration::from_secs(60)).build();
    let streams = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(streams).await.unwrap().unwrap();
    sleep(Duration::from_secs(600)).await;
    assert_eq!(channel.state(), State::Ready);
    drop(response);
    sleep(Duration::from_secs(120)).await;
    assert_eq!(channel.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn stays_connected_if_told_so() {
    // D-30
    let (builder, mut listener) = pipes();
    let (channel, _server) = served(builder.idle_timeout(None), &mut listener).await;
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(channel.state(), State::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_used_goes_too() {
    // D-30
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.idle_timeout(Duration::from_secs(60)).build();
    let connect = tokio::spawn(channel.connect());
    let (_server, mut record) = listener.serve().await;
    soon(connect).await.unwrap().unwrap();
    record.dropped().await;
    assert_eq!(channel.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn attempts_stop_when_nobody_calls() {
    // D-30
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.idle_timeout(Duration::from_secs(600)).build();
    let connect = tokio::spawn(channel.connect());
    drop(listener.accept().await);
    assert!(soon(connect).await.unwrap().is_err());
    let mut states = channel.states();
    let refuse = tokio::spawn(async move {
        let mut count = 1;
        while let Ok(pipe) =
            tokio::time::timeout(Duration::from_secs(3000), listener.accept()).await
        {
            drop(pipe);
            count += 1;
        }
        count
    });
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    assert!(soon(refuse).await.unwrap() > 5);
    assert_eq!(channel.state(), State::Idle);
}
