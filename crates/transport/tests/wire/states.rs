//! How a channel says that it stands.

use tokio::io::AsyncWriteExt;
use tokio_test::{assert_pending, task};
use ziggurat_transport::channel::State;

use crate::server::{Pipeline, call, drain, pipes, served, soon};

#[tokio::test(start_paused = true)]
async fn goes_through_its_states() {
    // D-1, D-2, D-3
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let mut states = channel.states();
    assert_eq!(channel.state(), State::Idle);

    let first = tokio::spawn(call(&channel));
    assert_eq!(soon(states.changed()).await, Some(State::Connecting));
    drop(listener.accept().await);
    assert!(soon(first).await.unwrap().is_err());
    assert_eq!(soon(states.changed()).await, Some(State::TransientFailure));

    // Sticky: the next attempt is no Connecting.
    let (mut server, _record) = listener.serve().await;
    assert_eq!(soon(states.changed()).await, Some(State::Ready));
    let second = tokio::spawn(call(&channel));
    server.accept().await.answer("ok");
    drain(soon(second).await.unwrap().unwrap()).await;

    server.cut();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    channel.close().await;
    assert_eq!(soon(states.changed()).await, Some(State::Shutdown));
    assert_eq!(soon(states.changed()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_right_behind_its_settings_fails_no_call() {
    // A-118, T-19: it was ready, so its loss is no failed attempt.
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let calling = tokio::spawn(call(&channel));
    let (mut pipe, _record) = listener.accept().await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    pipe.write_all(&settings).await.unwrap();
    drop(pipe);
    let (mut server, _record) = listener.serve().await;
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(calling).await.unwrap().unwrap()).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn following_it_does_not_keep_it() {
    // D-5
    let (builder, _listener) = pipes();
    let channel: Pipeline = builder.build();
    let mut states = channel.states();
    let mut changed = task::spawn(states.changed());
    assert_pending!(changed.poll());
    drop(channel);
    assert_eq!(soon(changed).await, Some(State::Shutdown));
    assert_eq!(states.current(), State::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn ready_outlasts_failures_and_connect_does_not() {
    // D-11, D-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let ready = tokio::spawn(channel.ready());
    let connect = tokio::spawn(channel.connect());
    drop(listener.accept().await);
    assert!(soon(connect).await.unwrap().is_err());
    assert_eq!(channel.state(), State::TransientFailure);
    // At once, with the error of the last attempt.
    assert_eq!(listener.waiting(), 0);
    let error = channel.connect().await.unwrap_err();
    assert!(error.to_string().contains("http://cafe:1"), "{error}");

    drop(listener.accept().await);
    let (_server, _record) = listener.serve().await;
    soon(ready).await.unwrap().unwrap();
    assert_eq!(channel.state(), State::Ready);
    channel.connect().await.unwrap();
    channel.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_not_replaced_before_it_is_needed() {
    // D-20
    let (builder, mut listener) = pipes();
    let (channel, server) = served(builder, &mut listener).await;
    let mut states = channel.states();
    server.cut();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    assert_eq!(listener.waiting(), 0);
    let ready = tokio::spawn(channel.ready());
    let (_server, _record) = listener.serve().await;
    soon(ready).await.unwrap().unwrap();
}
