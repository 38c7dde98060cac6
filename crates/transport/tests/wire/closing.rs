//! The end of a channel.

use http_body_util::BodyExt;
use tokio_test::{assert_pending, assert_ready, task};
use ziggurat_transport::{channel::State, error::Kind};

use crate::server::{Pipeline, Server, call, drain, pipes, served, soon};

#[tokio::test(start_paused = true)]
async fn closing_lets_running_calls_finish_and_fails_the_others() {
    // D-4, M-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let other = channel.clone();
    let runs = tokio::spawn(call(&channel));
    let (pipe, mut record) = listener.accept().await;
    let mut server = Server::with(h2::server::Builder::new().max_concurrent_streams(1), pipe);
    let accepted = server.accept().await;
    let waits = tokio::spawn(call(&channel));
    tokio::task::yield_now().await;

    let mut closed = task::spawn(channel.close());
    assert_pending!(closed.poll());
    assert_eq!(other.state(), State::Shutdown);
    let queued = soon(waits).await.unwrap().unwrap_err();
    let new = call(&other).await.unwrap_err();
    for error in [
        queued,
        new,
        other.connect().await.unwrap_err(),
        other.ready().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Shutdown);
        assert_eq!(error.to_string(), "the channel to http://cafe:1 is closed");
    }
    assert_pending!(closed.poll());
    accepted.answer("to the end");
    let response = soon(runs).await.unwrap().unwrap();
    assert_pending!(closed.poll());
    assert_eq!(drain(response).await, "to the end");
    record.dropped().await;
    soon(closed).await;
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn closing_without_calls_closes_the_connection() {
    let (builder, mut listener) = pipes();
    let (channel, _server) = served(builder, &mut listener).await;
    soon(channel.close()).await;
    // Final, and not again.
    channel.close().await;
    assert_eq!(channel.state(), State::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn closing_needs_no_awaiting() {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let waits = tokio::spawn(call(&channel));
    let (_pipe, mut record) = listener.accept().await;
    drop(channel.close());
    assert_eq!(
        soon(waits).await.unwrap().unwrap_err().kind(),
        Kind::Shutdown
    );
    record.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn shutting_down_cancels_running_calls() {
    // M-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let headless = tokio::spawn(call(&channel));
    let (mut server, mut record) = listener.serve().await;
    let _first = server.accept().await;
    let streams = tokio::spawn(call(&channel));
    let mut second = server.accept().await;
    second.headers();
    let response = soon(streams).await.unwrap().unwrap();

    let closed = channel.shutdown_now();
    drop(channel);
    let error = soon(headless).await.unwrap().unwrap_err();
    let cut = soon(response.into_body().collect()).await.unwrap_err();
    for error in [error, cut] {
        assert_eq!(error.kind(), Kind::GivenUp);
        assert!(error.to_string().contains("was shut down"), "{error}");
    }
    record.dropped().await;
    soon(closed).await;
}

#[tokio::test(start_paused = true)]
async fn shutting_down_also_ends_what_a_close_left_running() {
    // M-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let runs = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let _accepted = server.accept().await;
    let mut closed = task::spawn(channel.close());
    assert_pending!(closed.poll());
    channel.shutdown_now().await;
    assert_ready!(closed.poll());
    assert_eq!(soon(runs).await.unwrap().unwrap_err().kind(), Kind::GivenUp);
}

#[tokio::test(start_paused = true)]
async fn a_draining_connection_is_shut_down_too() {
    // A-112, M-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let runs = tokio::spawn(call(&channel));
    let (mut server, mut record) = listener.serve().await;
    let _accepted = server.accept().await;
    let mut states = channel.states();
    server.drain();
    assert_eq!(soon(states.changed()).await, Some(State::Idle));
    soon(channel.shutdown_now()).await;
    assert_eq!(soon(runs).await.unwrap().unwrap_err().kind(), Kind::GivenUp);
    record.dropped().await;
}
