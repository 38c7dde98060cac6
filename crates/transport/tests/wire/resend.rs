//! Requests that are sent again, and those that must not be.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use h2::Reason;
use http::Request;
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_test::{assert_pending, task};
use tower_service::Service;
use ziggurat_transport::{
    Reset,
    channel::{ResendLimit, State},
    error::Kind,
};

use crate::{
    body::Body,
    raw::Raw,
    record::Record,
    server::{
        Accepted, Listener, Pending, Pipeline, Server, call, drain, pipes, request, served, soon,
        until,
    },
};

/// Reads this many bytes of a request.
async fn read(accepted: &mut Accepted, count: usize) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < count {
        let chunk = soon(accepted.body.data()).await.unwrap().unwrap();
        let _ = accepted.body.flow_control().release_capacity(chunk.len());
        read.extend_from_slice(&chunk);
    }
    read
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_is_sent_again_once() {
    // C-31, C-32, L-9, L-23
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let lucky = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    server
        .accept()
        .await
        .respond
        .send_reset(Reason::REFUSED_STREAM);
    let mut again = server.accept().await;
    assert_eq!(read(&mut again, 1).await, b"x");
    again.answer("ok");
    assert_eq!(drain(soon(lucky).await.unwrap().unwrap()).await, "ok");

    let unlucky = tokio::spawn(call(&channel));
    for _ in 0..2 {
        server
            .accept()
            .await
            .respond
            .send_reset(Reason::REFUSED_STREAM);
    }
    let refused = Kind::Reset {
        code: 7,
        remote: true,
    };
    assert_eq!(soon(unlucky).await.unwrap().unwrap_err().kind(), refused);
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_resets_are_not_sent_again() {
    // C-35
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let fails = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    server
        .accept()
        .await
        .respond
        .send_reset(Reason::INTERNAL_ERROR);
    let reset = Kind::Reset {
        code: 2,
        remote: true,
    };
    assert_eq!(soon(fails).await.unwrap().unwrap_err().kind(), reset);
}

#[tokio::test(start_paused = true)]
async fn what_goaway_leaves_out_goes_to_the_next_connection() {
    // A-110, C-31
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(call(&channel))).collect();
    let (pipe, record) = listener.accept().await;
    let mut server = Raw::start(pipe, 100).await;
    until(|| record.frames().len() >= 6).await;
    server.goaway(1).await;
    let (mut next, _record) = listener.serve().await;
    for _ in 0..2 {
        next.accept().await.answer("next");
    }
    server.answer(1).await;
    let mut bodies = Vec::new();
    for call in calls {
        bodies.push(drain(soon(call).await.unwrap().unwrap()).await);
    }
    assert_eq!(bodies, ["", "next", "next"]);
    server.closed().await;
}

/// A call that all servers turn away; gives its end, and how many did.
async fn turned_away(goaway: impl AsyncFn(&mut Raw)) -> (Kind, usize) {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let unlucky = tokio::spawn(call(&channel));
    let mut servers = 0;
    while !unlucky.is_finished() {
        let Ok((pipe, record)) = timeout(Duration::from_secs(60), listener.accept()).await else {
            break;
        };
        servers += 1;
        let mut server = Raw::start(pipe, 100).await;
        while record.frames().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        goaway(&mut server).await;
        server.closed().await;
    }
    let end = soon(unlucky).await.unwrap().unwrap_err().kind();
    (end, servers)
}

#[tokio::test(start_paused = true)]
async fn a_second_goaway_with_an_error_is_the_end_of_it() {
    // C-31
    let end = turned_away(async |server| server.calm(b"").await).await;
    let (code, remote) = (11, true);
    assert_eq!(end, (Kind::GoAway { code, remote }, 2));
}

#[tokio::test(start_paused = true)]
async fn a_graceful_goaway_is_no_word_on_the_call() {
    // C-31: it is the end only where five connections in a row did nothing else.
    let end = turned_away(async |server| server.goaway(0).await).await;
    let (code, remote) = (0, true);
    assert_eq!(end, (Kind::GoAway { code, remote }, 5));
}

#[tokio::test(start_paused = true)]
async fn a_graceful_end_loses_no_call() {
    // A-111, E-12: first the highest id there is, then the real one.
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let calls: Vec<_> = (0..2).map(|_| tokio::spawn(call(&channel))).collect();
    let (pipe, record) = listener.accept().await;
    let mut server = Raw::start(pipe, 100).await;
    until(|| record.frames().len() >= 4).await;
    server.goaway(u32::MAX >> 1).await;
    let mut states = channel.states();
    while states.current() != State::Idle {
        soon(states.changed()).await;
    }
    // E-12: from now on, calls go elsewhere.
    let later = tokio::spawn(call(&channel));
    let (mut next, _record) = listener.serve().await;
    next.accept().await.answer("next");
    server.goaway(1).await;
    next.accept().await.answer("next");
    server.answer(1).await;
    let mut bodies = Vec::new();
    for call in calls.into_iter().chain([later]) {
        bodies.push(drain(soon(call).await.unwrap().unwrap()).await);
    }
    assert_eq!(bodies, ["", "next", "next"]);
    server.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_goaway_with_a_higher_id_than_before_ends_the_connection() {
    // A-111, C-35
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let fails = tokio::spawn(call(&channel));
    let (pipe, record) = listener.accept().await;
    let mut server = Raw::start(pipe, 100).await;
    until(|| record.frames().len() >= 2).await;
    server.goaway(1).await;
    server.goaway(3).await;
    let error = soon(fails).await.unwrap().unwrap_err();
    let violation = Kind::GoAway {
        code: 1,
        remote: false,
    };
    assert_eq!(error.kind(), violation, "{error}");
    server.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_not_sent_again() {
    // C-35
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let fails = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let _accepted = server.accept().await;
    server.cut();
    assert_eq!(soon(fails).await.unwrap().unwrap_err().kind(), Kind::Lost);
    assert_eq!(listener.waiting(), 0);
}

/// A channel whose one connection has served a call.
struct Served {
    channel: Pipeline,
    listener: Listener,
    record: Record,
    server: h2::server::Connection<DuplexStream, Bytes>,
}

async fn serve_one(limit: usize) -> Served {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.resend_limit(limit).build();
    let first = tokio::spawn(call(&channel));
    let (pipe, record) = listener.accept().await;
    let mut server = soon(h2::server::handshake(pipe)).await.unwrap();
    let (first_request, respond) = soon(server.accept()).await.unwrap().unwrap();
    Accepted::new(first_request, respond).answer("served");
    tokio::select! {
        answer = soon(first) => drain(answer.unwrap().unwrap()).await,
        _ = server.accept() => unreachable!("there is one call"),
    };
    Served {
        channel,
        listener,
        record,
        server,
    }
}

/// A channel whose connection is lost, and a call on its way that this connection took but did not write.
async fn lost_before_it_left(body: Body, limit: usize) -> (Listener, Pin<Box<Pending>>) {
    let served = serve_one(limit).await;
    served.record.stick();
    let mut waiting = Box::pin(served.channel.clone().call(request(body)));
    assert_pending!(task::spawn(waiting.as_mut()).poll());
    // The driver takes the call, and cannot write it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(served.server);
    (served.listener, waiting)
}

#[tokio::test(start_paused = true)]
async fn what_the_connection_did_not_take_is_handed_back() {
    // C-30
    let mut before = serve_one(0).await;
    // The driver has not run since: it finds the call and the end at once, and looks at the end first.
    drop(before.server);
    let mut waiting = Box::pin(before.channel.clone().call(request(Body::one("x"))));
    assert_pending!(task::spawn(waiting.as_mut()).poll());
    let waiting = tokio::spawn(waiting);
    let (mut server, _record) = before.listener.serve().await;
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(waiting).await.unwrap().unwrap()).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn what_the_connection_took_and_never_wrote_is_sent_again() {
    // C-30
    let (mut listener, waiting) = lost_before_it_left(Body::one("x"), 1).await;
    let waiting = tokio::spawn(waiting);
    let (mut server, _record) = listener.serve().await;
    let mut again = server.accept().await;
    assert_eq!(read(&mut again, 1).await, b"x");
    again.answer("ok");
    assert_eq!(drain(soon(waiting).await.unwrap().unwrap()).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn what_was_never_written_and_is_not_kept_fails_and_says_so() {
    // C-25
    let (listener, waiting) = lost_before_it_left(Body::one("x"), 0).await;
    let error = soon(waiting).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Closed);
    let text = error.to_string();
    assert!(text.ends_with("; the request had not left"), "{text}");
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_off_after_a_graceful_end_is_not_sent_again() {
    // E-13, C-35
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let fails = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let _accepted = server.accept().await;
    let mut states = channel.states();
    server.drain();
    while soon(states.changed()).await != Some(State::Idle) {}
    server.cut();
    assert_eq!(soon(fails).await.unwrap().unwrap_err().kind(), Kind::Lost);
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_after_headers() {
    // C-34
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let streams = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(streams).await.unwrap().unwrap();
    accepted.reset_with(Reason::REFUSED_STREAM);
    let failed = http_body_util::BodyExt::collect(response.into_body());
    let refused = Kind::Reset {
        code: 7,
        remote: true,
    };
    assert_eq!(soon(failed).await.unwrap_err().kind(), refused);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_goes_on_where_it_was() {
    // C-28, T-21
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let (feeder, body) = Body::fed();
    feeder.feed("one ");
    let streams = tokio::spawn(channel.call(request(body)));
    let (mut server, _record) = listener.serve().await;
    let mut refused = server.accept().await;
    assert_eq!(read(&mut refused, 4).await, b"one ");
    feeder.feed("two ");
    assert_eq!(read(&mut refused, 4).await, b"two ");
    refused.respond.send_reset(Reason::REFUSED_STREAM);

    let mut again = server.accept().await;
    assert_eq!(read(&mut again, 8).await, b"one two ");
    feeder.feed("three");
    feeder.end();
    assert_eq!(read(&mut again, 5).await, b"three");
    assert!(
        again
            .body
            .data()
            .await
            .is_none_or(|rest| rest.unwrap().is_empty())
    );
    assert!(again.body.is_end_stream());
    again.answer("ok");
    assert_eq!(drain(soon(streams).await.unwrap().unwrap()).await, "ok");
}

#[tokio::test(start_paused = true)]
async fn what_exceeds_the_limit_is_sent_and_not_again() {
    // C-25, C-26
    for (size, is_kept) in [(8, true), (9, false)] {
        let (builder, mut listener) = pipes();
        let mut channel: Pipeline = builder.resend_limit(8).build();
        let (feeder, body) = Body::fed();
        feeder.feed(vec![7; 4]);
        feeder.feed(vec![7; size - 4]);
        feeder.end();
        let call = tokio::spawn(channel.call(request(body)));
        let (mut server, _record) = listener.serve().await;
        let mut refused = server.accept().await;
        read(&mut refused, size).await;
        refused.respond.send_reset(Reason::REFUSED_STREAM);
        if is_kept {
            let mut again = server.accept().await;
            assert_eq!(read(&mut again, size).await, vec![7; size]);
            again.answer("ok");
        }
        assert_eq!(soon(call).await.unwrap().is_ok(), is_kept);
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_is_let_go_at_headers() {
    // C-27
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let (feeder, body) = Body::fed();
    let message = Bytes::from(vec![7; 1000]);
    feeder.feed(message.clone());
    let call = tokio::spawn(channel.call(request(body)));
    let (mut server, _record) = listener.serve().await;
    let mut accepted = server.accept().await;
    read(&mut accepted, 1000).await;
    assert!(!message.is_unique());
    accepted.headers();
    let _response = soon(call).await.unwrap().unwrap();
    assert!(message.is_unique());
    // What is sent from now on is not kept either.
    let late = Bytes::from(vec![8; 1000]);
    feeder.feed(late.clone());
    read(&mut accepted, 1000).await;
    assert!(late.is_unique());
}

#[tokio::test(start_paused = true)]
async fn the_signal_to_give_up_reaches_the_attempt_that_runs() {
    // L-21, C-31
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let (feeder, body) = Body::blocked();
    let call = tokio::spawn(channel.call(request(body)));
    let (mut server, _record) = listener.serve().await;
    server
        .accept()
        .await
        .respond
        .send_reset(Reason::REFUSED_STREAM);
    let mut again = server.accept().await;
    again.fill().await;
    feeder.give_up();
    assert_eq!(again.reset().await, Reason::CANCEL);
    assert_eq!(soon(call).await.unwrap().unwrap_err().kind(), Kind::GivenUp);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_failed_is_not_sent_again() {
    // B-24
    let (builder, mut listener) = pipes();
    let mut channel: Pipeline = builder.build();
    let (feeder, body) = Body::fed();
    let mut call = task::spawn(channel.call(request(body)));
    assert_pending!(call.poll());
    let (mut server, _record) = listener.serve().await;
    let accepted = tokio::spawn(async move { (server.accept().await, server) });
    tokio::task::yield_now().await;
    assert_pending!(call.poll());
    let (mut accepted, _server) = soon(accepted).await.unwrap();
    feeder.fail(std::io::Error::other(Reset::cancel()));
    assert_eq!(accepted.reset().await, Reason::CANCEL);
    assert!(soon(call).await.is_err());
}

/// Refuses the next call, and tells whether it came again.
async fn comes_again(channel: &mut Pipeline, server: &mut Server, call: Request<Body>) -> bool {
    let call = tokio::spawn(channel.call(call));
    let mut refused = server.accept().await;
    refused.respond.send_reset(Reason::REFUSED_STREAM);
    let sent = tokio::select! {
        again = server.accept() => {
            again.answer("again");
            true
        }
        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => false,
    };
    assert_eq!(soon(call).await.unwrap().is_ok(), sent);
    sent
}

#[tokio::test(start_paused = true)]
async fn a_request_may_have_a_limit_of_its_own() {
    // C-25: in bytes, and its own counts.
    let (builder, mut listener) = pipes();
    let (mut channel, mut server) = served(builder.resend_limit(3), &mut listener).await;
    for (limit, body, expected) in [
        (None, "abc", true),
        (None, "abcd", false),
        (Some(4), "abcd", true),
        (Some(4), "abcde", false),
        (Some(0), "a", false),
        (Some(0), "", true),
    ] {
        let mut call = request(Body::one(body));
        if let Some(limit) = limit {
            call.extensions_mut().insert(ResendLimit(limit));
        }
        let comes_again = comes_again(&mut channel, &mut server, call).await;
        assert_eq!(comes_again, expected, "{body:?} within {limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_requests_together_have_a_limit() {
    // C-25, C-27: it is free again when a response begins, and when a call is dropped.
    let (builder, mut listener) = pipes();
    let (mut channel, mut server) = served(builder.resend_total(10), &mut listener).await;
    for end in ["headers", "drop"] {
        let holds = tokio::spawn(channel.call(request(Body::one("eight by"))));
        let mut held = server.accept().await;
        let more = |body| request(Body::one(body));
        assert!(!comes_again(&mut channel, &mut server, more("abc")).await);
        assert!(comes_again(&mut channel, &mut server, more("ab")).await);
        if end == "headers" {
            held.headers();
            let response = soon(holds).await.unwrap().unwrap();
            assert!(comes_again(&mut channel, &mut server, more("0123456789")).await);
            drop(response);
        } else {
            holds.abort();
            held.reset().await;
            assert!(comes_again(&mut channel, &mut server, more("0123456789")).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_stream_is_opened_once_goaway_was_read() {
    //
    let (builder, mut listener) = pipes();
    // Nothing is kept: only what was never sent can go out again.
    let channel: Pipeline = builder.resend_limit(0).build();
    let first = tokio::spawn(call(&channel));
    let (pipe, record) = listener.accept().await;
    let mut server = Raw::start(pipe, 100).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let opened = record.frames();
    assert_eq!(opened.first().map(String::as_str), Some("HEADERS"));

    // The driver has not run since: it finds GOAWAY and the calls at once.
    server.goaway((1 << 31) - 1).await;
    let mut calls: Vec<_> = (0..3)
        .map(|_| task::spawn(Box::pin(call(&channel))))
        .collect();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(record.frames(), opened);
    server.answer(1).await;
    drain(soon(first).await.unwrap().unwrap()).await;

    let calls: Vec<_> = calls
        .into_iter()
        .map(|call| tokio::spawn(call.into_inner()))
        .collect();
    let (mut server, _record) = listener.serve().await;
    for call in calls {
        server.accept().await.answer("ok");
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    }
}
