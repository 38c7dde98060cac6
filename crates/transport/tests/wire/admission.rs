//! Calls and the number of streams that the server allows.

use std::{collections::VecDeque, time::Duration};

use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;
use tokio_test::{assert_pending, assert_ready, task};

use crate::{
    raw::Raw,
    server::{Pending, Pipeline, Server, call, drain, pipes, soon, until},
};

fn limited(streams: u32) -> h2::server::Builder {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(streams);
    builder
}

#[tokio::test(start_paused = true)]
async fn no_more_streams_than_the_server_allows() {
    // A-116, T-18
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let whole = async |call: Pending| drain(call.await.unwrap()).await;
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(whole(call(&channel))))
        .collect();
    let (pipe, record) = listener.accept().await;
    let mut server = Server::with(&limited(3), pipe);
    for answered in 0..20 {
        let accepted = server.accept().await;
        let heads = |frame: &String| frame.starts_with("HEADERS");
        let opened = record.frames().iter().filter(|frame| heads(frame)).count();
        assert!(opened <= answered + 3, "{opened} streams after {answered}");
        accepted.answer("ok");
    }
    for call in calls {
        soon(call).await.unwrap();
    }
    // None was refused.
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn calls_are_served_in_their_order() {
    // A-116, L-12
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let mut calls: VecDeque<_> = (0..4).map(|_| task::spawn(call(&channel))).collect();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    while let Some(mut first) = calls.pop_front() {
        until(|| first.is_woken()).await;
        // Whoever is polled before it, the first has the stream.
        for later in &mut calls {
            assert_pending!(later.poll());
        }
        assert_pending!(first.poll());
        server.accept().await.answer("ok");
        drain(soon(first).await.unwrap()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_leaves_without_having_been_sent() {
    // A-116, B-20
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let holds = tokio::spawn(call(&channel));
    let (pipe, record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    let accepted = server.accept().await;
    let expires = timeout(Duration::from_secs(1), call(&channel));
    assert!(expires.await.is_err());
    let mut cancelled = task::spawn(call(&channel));
    assert_pending!(cancelled.poll());
    let waits = tokio::spawn(call(&channel));
    drop(cancelled);
    accepted.answer("ok");
    drain(soon(holds).await.unwrap().unwrap()).await;
    server.accept().await.answer("ok");
    drain(soon(waits).await.unwrap().unwrap()).await;
    let heads = record.frames();
    let heads = heads.iter().filter(|frame| frame.starts_with("HEADERS"));
    assert_eq!(heads.count(), 2);
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_came_to_a_dropped_call_goes_to_the_next() {
    //
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let holds = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    let accepted = server.accept().await;
    let mut unlucky = task::spawn(call(&channel));
    assert_pending!(unlucky.poll());
    let mut next = task::spawn(call(&channel));
    assert_pending!(next.poll());
    accepted.answer("ok");
    drain(soon(holds).await.unwrap().unwrap()).await;
    assert!(unlucky.is_woken() && !next.is_woken());
    drop(unlucky);
    assert!(next.is_woken());
    assert_pending!(next.poll());
    server.accept().await.answer("ok");
    drain(soon(next).await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_read_keeps_its_stream() {
    //
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let first = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(first).await.unwrap().unwrap();
    let mut waits = task::spawn(call(&channel));
    assert_pending!(waits.poll());
    drop(response);
    assert!(waits.is_woken());
    assert_pending!(waits.poll());
    server.accept().await.answer("ok");
    drain(soon(waits).await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_was_read_gives_its_stream_back() {
    // whoever still holds it.
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let first = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    server.accept().await.answer("ok");
    let mut response = soon(first).await.unwrap().unwrap();
    let mut waits = task::spawn(call(&channel));
    assert_pending!(waits.poll());
    while !response.body().is_end_stream() {
        soon(response.body_mut().frame()).await;
    }
    assert!(waits.is_woken());
    assert_pending!(waits.poll());
    server.accept().await.answer("ok");
    drain(soon(waits).await.unwrap()).await;
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn the_limit_moves_both_ways() {
    //
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let mut calls: Vec<_> = (0..6).map(|_| task::spawn(call(&channel))).collect();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    let (pipe, record) = listener.accept().await;
    let heads = || {
        let frames = record.frames();
        frames
            .iter()
            .filter(|frame| frame.starts_with("HEADERS"))
            .count()
    };
    let mut server = Raw::start(pipe, 2).await;
    settle(&mut calls).await;
    assert_eq!(heads(), 2);
    server.allow(4).await;
    settle(&mut calls).await;
    assert_eq!(heads(), 4);
    server.allow(1).await;
    settle(&mut calls).await;
    // Four are open, and one may be.
    for stream in [1, 3, 5] {
        server.answer(stream).await;
        settle(&mut calls).await;
    }
    assert_eq!((heads(), calls.len()), (4, 3));
    server.answer(7).await;
    settle(&mut calls).await;
    assert_eq!((heads(), calls.len()), (5, 2));
    server.allow(100).await;
    settle(&mut calls).await;
    assert_eq!(heads(), 6);
}

/// Lets everybody do what there is to do. Calls that have their response are over.
async fn settle(calls: &mut Vec<task::Spawn<Pending>>) {
    for _ in 0..20 {
        tokio::task::yield_now().await;
        calls.retain_mut(|call| match call.poll() {
            std::task::Poll::Ready(response) => response.is_err(),
            std::task::Poll::Pending => true,
        });
    }
}

#[tokio::test(start_paused = true)]
async fn another_connection_is_made_for_calls_that_wait_if_allowed() {
    // A105, G-70
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.max_connections(2).build();
    let first = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut one = Server::with(&limited(1), pipe);
    let on_one = one.accept().await;
    assert_eq!(listener.waiting(), 0);

    let second = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut two = Server::with(&limited(1), pipe);
    let on_two = two.accept().await;

    // The most there are.
    let mut third = task::spawn(call(&channel));
    assert_pending!(third.poll());
    on_two.answer("two");
    assert_eq!(drain(soon(second).await.unwrap().unwrap()).await, "two");
    assert_pending!(third.poll());
    two.accept().await.answer("three");
    assert_eq!(drain(soon(third).await.unwrap()).await, "three");
    on_one.answer("one");
    assert_eq!(drain(soon(first).await.unwrap().unwrap()).await, "one");
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_connection_is_the_default() {
    // G-70
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let _first = tokio::spawn(call(&channel));
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(&limited(1), pipe);
    let _accepted = server.accept().await;
    let expires = timeout(Duration::from_secs(60), call(&channel));
    assert!(expires.await.is_err());
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_channel_has_no_streams() {
    let (builder, _listener) = pipes();
    let channel: Pipeline = builder.build();
    channel.close().await;
    let mut refused = task::spawn(call(&channel));
    assert!(assert_ready!(refused.poll()).is_err());
}
