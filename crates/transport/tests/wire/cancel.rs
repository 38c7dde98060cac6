//! What ends a call early, and what the server sees of it.

use std::io;

use h2::Reason;
use http::Response;
use http_body_util::BodyExt;
use tokio_test::{assert_pending, assert_ready, task};
use tower_service::Service;
use ziggurat_transport::{
    Connection, Reset, ResponseBody, connection::ResponseFuture, error::Kind,
};

use crate::{
    body::{Body, Feeder},
    record::Record,
    server::{Accepted, Server, barrier, connect, drain, request, soon},
};

/// A call whose request is not over, and whose response is where the case wants it.
struct Running<R> {
    connection: Connection<Body>,
    server: Server,
    record: Record,
    feeder: Feeder,
    accepted: Accepted,
    response: R,
}

impl<R> Running<R> {
    /// What is called with the response resets the stream with this reason, and with no END_STREAM.
    async fn resets_with(mut self, reason: Reason, act: impl FnOnce(R, &Feeder)) {
        act(self.response, &self.feeder);
        assert_eq!(self.accepted.reset().await, reason);
        let frames = self.record.frames();
        assert!(
            !frames.iter().any(|frame| frame.ends_with("END_STREAM")),
            "{frames:?}"
        ); // B-23
        barrier(&mut self.connection, &mut self.server).await;
        assert_eq!(self.record.resets().len(), 1);
    }
}

/// The request has reached the server, the response future is not ready.
async fn sent((feeder, body): (Feeder, Body), is_blocked: bool) -> Running<ResponseFuture<Body>> {
    let (mut connection, mut server, record) = connect().await;
    let response = connection.call(request(body));
    let mut accepted = server.accept().await;
    if is_blocked {
        accepted.fill().await;
    }
    Running {
        connection,
        server,
        record,
        feeder,
        accepted,
        response,
    }
}

/// The response's headers were received.
async fn answered(body: (Feeder, Body), is_blocked: bool) -> Running<Response<ResponseBody>> {
    let Running {
        connection,
        server,
        record,
        feeder,
        mut accepted,
        response,
    } = sent(body, is_blocked).await;
    accepted.headers();
    let response = soon(response).await.unwrap();
    Running {
        connection,
        server,
        record,
        feeder,
        accepted,
        response,
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_response_future_resets() {
    // B-20, L-5
    let open = sent(Body::fed(), false).await;
    open.resets_with(Reason::CANCEL, |response, _| drop(response))
        .await;
    // L-21
    let blocked = sent(Body::blocked(), true).await;
    blocked
        .resets_with(Reason::CANCEL, |response, _| drop(response))
        .await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_response_future_resets_when_headers_are_there_unseen() {
    // L-21: hyper's own cancelling ends at the headers.
    let mut call = sent(Body::blocked(), true).await;
    call.accepted.headers();
    barrier(&mut call.connection, &mut call.server).await;
    call.resets_with(Reason::CANCEL, |response, _| drop(response))
        .await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_response_body_resets() {
    // B-20, L-5
    let open = answered(Body::fed(), false).await;
    open.resets_with(Reason::CANCEL, |response, _| drop(response))
        .await;
    // L-21
    let blocked = answered(Body::blocked(), true).await;
    blocked
        .resets_with(Reason::CANCEL, |response, _| drop(response))
        .await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_response_body_resets_after_a_whole_request() {
    // B-20
    let (mut connection, mut server, record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    let mut accepted = server.accept().await;
    accepted.headers();
    drop(soon(call).await.unwrap().unwrap());
    assert_eq!(accepted.reset().await, Reason::CANCEL);
    assert_eq!(
        record.frames(),
        ["HEADERS", "DATA 5 END_STREAM", "RST_STREAM CANCEL"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_sends_nothing_more() {
    // B-23: what the sender had ready is not sent, above all not its end.
    for late in ["", "message"] {
        let call = answered(Body::fed(), false).await;
        call.resets_with(Reason::CANCEL, |response, feeder| {
            drop(response);
            if !late.is_empty() {
                feeder.feed(late);
            }
            feeder.end();
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_gives_up_resets_before_headers() {
    // B-20, L-21: nobody polls the response future, and the request body is not polled either.
    for is_blocked in [false, true] {
        let body = if is_blocked {
            Body::blocked()
        } else {
            Body::fed()
        };
        let mut call = sent(body, is_blocked).await;
        call.feeder.give_up();
        assert_eq!(call.accepted.reset().await, Reason::CANCEL);
        let error = soon(call.response).await.unwrap_err();
        assert_eq!(error.error().kind(), Kind::GivenUp);
        assert_eq!(
            error.to_string(),
            "the call to http://cafe:1 was given up by its sender"
        );
        assert!(error.into_parts().1.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_gives_up_resets_after_headers() {
    // B-20, L-21: the response body is held, and woken.
    for is_blocked in [false, true] {
        let body = if is_blocked {
            Body::blocked()
        } else {
            Body::fed()
        };
        let mut call = answered(body, is_blocked).await;
        let mut body = call.response.into_body();
        {
            let mut frame = task::spawn(body.frame());
            assert_pending!(frame.poll());
            call.feeder.give_up();
            assert_eq!(call.accepted.reset().await, Reason::CANCEL);
            assert!(frame.is_woken());
            let error = assert_ready!(frame.poll()).unwrap().unwrap_err();
            assert_eq!(error.kind(), Kind::GivenUp);
        }
        assert!(soon(body.frame()).await.is_none());
        drop(body);
        barrier(&mut call.connection, &mut call.server).await;
        assert_eq!(call.record.resets(), ["RST_STREAM CANCEL"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_gives_up_resets_a_response_that_is_there_unseen() {
    // L-21
    let mut call = sent(Body::blocked(), true).await;
    call.accepted.headers();
    barrier(&mut call.connection, &mut call.server).await;
    call.feeder.give_up();
    let response = soon(call.response).await.unwrap();
    assert_eq!(call.accepted.reset().await, Reason::CANCEL);
    let error = soon(response.into_body().collect()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::GivenUp);
}

#[tokio::test(start_paused = true)]
async fn a_request_body_that_fails_resets_with_its_reason() {
    // B-24, L-4
    let table: [(fn() -> io::Error, Reason); 3] = [
        (|| io::Error::other("the file is gone"), Reason::CANCEL),
        (|| io::Error::other(Reset::cancel()), Reason::CANCEL),
        (|| io::Error::other(Reset::no_error()), Reason::NO_ERROR),
    ];
    for (error, reason) in table {
        let call = sent(Body::fed(), false).await;
        call.resets_with(reason, |response, feeder| {
            feeder.feed("part");
            feeder.fail(error());
            drop(tokio::spawn(response));
        })
        .await;
        let call = answered(Body::fed(), false).await;
        call.resets_with(reason, |_, feeder| feeder.fail(error()))
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_complete_response_ends_the_request_without_an_error() {
    //
    let mut call = sent(Body::fed(), false).await;
    call.accepted
        .headers()
        .send_trailers(http::HeaderMap::new())
        .unwrap();
    drain(soon(call.response).await.unwrap()).await;
    barrier(&mut call.connection, &mut call.server).await;
    assert_eq!(call.record.resets(), [""; 0]);

    // Its own reason holds also if the sender wakes the signal.
    call.feeder.fail(Reset::no_error());
    call.feeder.give_up();
    assert_eq!(call.accepted.reset().await, Reason::NO_ERROR);
    barrier(&mut call.connection, &mut call.server).await;
    assert_eq!(call.record.resets(), ["RST_STREAM NO_ERROR"]);
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_body_ends_the_request_without_an_error() {
    // dropped unread, it is at its end.
    let mut call = sent(Body::fed(), false).await;
    let head = Response::new(());
    call.accepted.respond.send_response(head, true).unwrap();
    drop(soon(call.response).await.unwrap());
    barrier(&mut call.connection, &mut call.server).await;
    assert_eq!(call.record.resets(), [""; 0]);
    call.feeder.fail(Reset::no_error());
    barrier(&mut call.connection, &mut call.server).await;
    assert_eq!(call.record.resets(), ["RST_STREAM NO_ERROR"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stops_with_its_response_is_reset() {
    // A-85, and L-21 where the body is not polled
    let cases = [
        (Body::fed(), false, Reason::NO_ERROR),
        (Body::blocked(), true, Reason::CANCEL),
    ];
    for ((feeder, body), is_blocked, reason) in cases {
        let mut call = sent((feeder, body.stopping()), is_blocked).await;
        let answer = call.accepted.headers();
        answer.send_trailers(http::HeaderMap::new()).unwrap();
        drain(soon(call.response).await.unwrap()).await;
        assert_eq!(call.accepted.reset().await, reason);
        barrier(&mut call.connection, &mut call.server).await;
        assert_eq!(call.record.resets().len(), 1);
    }
    let (feeder, body) = Body::fed();
    let mut call = sent((feeder, body.stopping()), false).await;
    let head = Response::new(());
    call.accepted.respond.send_response(head, true).unwrap();
    drop(soon(call.response).await.unwrap());
    assert_eq!(call.accepted.reset().await, Reason::NO_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stops_with_its_response_sends_its_end() {
    // B-25: where nothing but the end is left, it ends.
    let (feeder, body) = Body::fed();
    let mut call = sent((feeder, body.stopping()), false).await;
    let answer = call.accepted.headers();
    answer.send_trailers(http::HeaderMap::new()).unwrap();
    drain(soon(call.response).await.unwrap()).await;
    call.feeder.end();
    barrier(&mut call.connection, &mut call.server).await;
    let frames = call.record.frames();
    assert!(frames.iter().any(|frame| frame == "DATA 0 END_STREAM"));
    assert_eq!(call.record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_over_is_not_reset() {
    // B-25, L-20
    let (mut connection, mut server, record) = connect().await;
    let (feeder, body) = Body::fed();
    feeder.feed("all");
    feeder.end();
    let call = tokio::spawn(connection.call(request(body)));
    let accepted = server.accept().await;
    accepted.answer("done");
    let mut body = soon(call).await.unwrap().unwrap().into_body();
    assert!(soon(body.frame()).await.unwrap().unwrap().is_data());
    assert!(soon(body.frame()).await.unwrap().unwrap().is_trailers());
    drop(body);
    feeder.give_up();
    barrier(&mut connection, &mut server).await;
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn one_call_that_is_given_up_leaves_the_others() {
    // L-21: the signal finds the futures of its own call.
    let (mut connection, mut server, record) = connect().await;
    let (feeder, body) = Body::fed();
    let first = connection.call(request(body));
    let other = connection.call(request(Body::one("latte")));
    let (other_feeder, body) = Body::fed();
    let third = connection.call(request(body));
    let (mut first_seen, other_seen) = (server.accept().await, server.accept().await);
    let third_seen = server.accept().await;
    feeder.give_up();
    assert_eq!(first_seen.reset().await, Reason::CANCEL);
    assert_eq!(soon(first).await.unwrap_err().error().kind(), Kind::GivenUp);

    other_seen.answer("here");
    assert_eq!(drain(soon(other).await.unwrap()).await, "here");
    other_feeder.end();
    third_seen.answer("here");
    assert_eq!(drain(soon(third).await.unwrap()).await, "here");
    assert_eq!(record.resets(), ["RST_STREAM CANCEL"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_unsent_sends_nothing() {
    // B-26: the driver was not polled in between.
    let (mut connection, mut server, record) = connect().await;
    drop(connection.call(request(Body::one("never"))));
    barrier(&mut connection, &mut server).await;
    assert_eq!(record.frames(), ["HEADERS", "DATA 7 END_STREAM"]);
}
