//! The one task of a connection: what it writes together, and what one call may not do to the others.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use h2::Reason;
use http::Request;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;
use ziggurat_connect::Socket;
use ziggurat_transport::{Connection, RequestBody, error::Kind};

use crate::{
    body::Body,
    failures::source_of,
    record::{Wire, wire, wire_of},
    server::{Server, barrier, connect, drain, request, soon, target},
};

#[tokio::test(start_paused = true)]
async fn a_unary_request_is_one_write() {
    // T-13, T-14
    let (mut connection, mut server, record) = connect().await;
    barrier(&mut connection, &mut server).await;
    tokio::task::yield_now().await;
    record.writes();
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    let accepted = server.accept().await;
    assert_eq!(record.writes(), 1);
    accepted.answer("here");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
}

#[tokio::test(start_paused = true)]
async fn requests_that_come_together_leave_together() {
    // T-14
    let (mut connection, mut server, record) = connect().await;
    barrier(&mut connection, &mut server).await;
    tokio::task::yield_now().await;
    record.writes();
    let calls: Vec<_> = (0..10)
        .map(|_| tokio::spawn(connection.call(request(Body::one("latte")))))
        .collect();
    let mut accepted = Vec::new();
    for _ in 0..10 {
        accepted.push(server.accept().await);
    }
    assert_eq!(record.writes(), 1);
    for call in accepted {
        call.answer("here");
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
    }
}

#[tokio::test(start_paused = true)]
async fn more_calls_than_one_poll_takes_all_leave() {
    // T-15: tokio's budget ends a poll, not a call.
    let (mut connection, mut server, _record) = connect().await;
    let calls: Vec<_> = (0..1000)
        .map(|_| tokio::spawn(connection.call(request(Body::one("latte")))))
        .collect();
    for _ in 0..1000 {
        server.accept().await.answer("here");
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
    }
}

#[tokio::test(start_paused = true)]
async fn large_requests_pass_a_narrow_pipe_whole() {
    // T-14: back pressure. The pipe takes less than what is collected, and than one frame.
    let (wire, _record, far) = wire_of(1000);
    let mut server = Server::start(far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let message: Bytes = (0..=255).cycle().take(500_000).collect();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let (feeder, body) = Body::fed();
        feeder.feed(message.clone());
        feeder.end();
        calls.push(tokio::spawn(connection.call(request(body))));
        let mut accepted = server.accept().await;
        let message = message.clone();
        tokio::spawn(async move {
            let mut received = Vec::new();
            while let Some(data) = accepted.body.data().await {
                let data = data.unwrap();
                received.extend_from_slice(&data);
                let credit = accepted.body.flow_control();
                credit.release_capacity(data.len()).unwrap();
            }
            assert!(received == message);
            accepted.answer("here");
        });
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_request_body_ends_its_own_call() {
    // T-15
    let (mut connection, mut server, record) = connect().await;
    let (feeder, fed) = Body::fed();
    // The first panics where hyper's client polls it first, the second in a place of its own.
    let bodies = [Body::one("x").panicking(), fed.panicking()];
    let other = tokio::spawn(connection.call(request(Body::one("latte"))));
    let calls = bodies.map(|body| tokio::spawn(connection.call(request(body))));
    let (other_accepted, _first, mut second) = (
        server.accept().await,
        server.accept().await,
        server.accept().await,
    );
    feeder.feed("late");
    assert_eq!(second.reset().await, Reason::INTERNAL_ERROR);
    for call in calls {
        let (error, back) = soon(call).await.unwrap().unwrap_err().into_parts();
        assert_eq!(error.kind(), Kind::Other);
        assert_eq!(
            error.to_string(),
            "the request body of a call to http://cafe:1 panicked"
        );
        assert!(back.is_none());
    }
    other_accepted.answer("here");
    assert_eq!(drain(soon(other).await.unwrap().unwrap()).await, "here");
    barrier(&mut connection, &mut server).await;
    assert_eq!(record.resets(), ["RST_STREAM INTERNAL_ERROR"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_after_the_headers_ends_the_response() {
    // T-15
    let (mut connection, mut server, _record) = connect().await;
    let (feeder, fed) = Body::fed();
    let call = tokio::spawn(connection.call(request(fed.panicking())));
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(call).await.unwrap().unwrap();
    feeder.feed("late");
    let error = soon(response.into_body().collect()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
    assert_eq!(accepted.reset().await, Reason::INTERNAL_ERROR);
    barrier(&mut connection, &mut server).await;
}

/// A body that wants to be polled again at once, so many times, before it has a message.
#[derive(Debug)]
struct Restless {
    polls: usize,
    message: Option<Bytes>,
}

impl Restless {
    fn new(polls: usize) -> Self {
        let message = Some("latte".into());
        Self { polls, message }
    }
}

impl http_body::Body for Restless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.polls > 0 {
            self.polls -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.message.take().map(|data| Ok(Frame::data(data))))
    }
}

impl RequestBody for Restless {}

#[tokio::test(start_paused = true)]
async fn a_body_that_wakes_itself_keeps_nobody_waiting() {
    // T-15
    let (wire, _record, far) = wire();
    let mut server = Server::start(far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let request = |body| Request::post("http://cafe:1/order").body(body).unwrap();
    let busy = tokio::spawn(connection.call(request(Restless::new(usize::MAX))));
    let _busy_accepted = server.accept().await;
    for _ in 0..100 {
        let call = tokio::spawn(connection.call(request(Restless::new(0))));
        server.accept().await.answer("here");
        assert_eq!(drain(call.await.unwrap().unwrap()).await, "here");
    }
    busy.abort();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_wakes_itself_more_often_than_one_poll_looks_is_not_forgotten() {
    // T-15
    let (wire, _record, far) = wire();
    let mut server = Server::start(far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let request = |body| Request::post("http://cafe:1/order").body(body).unwrap();
    let call = tokio::spawn(connection.call(request(Restless::new(100))));
    let mut accepted = server.accept().await;
    let message = soon(accepted.body.data()).await.unwrap().unwrap();
    assert_eq!(message, "latte");
    accepted.answer("here");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
}

/// A wire that can be cut for what is written only.
#[derive(Debug)]
struct OneWay {
    wire: Wire,
    is_cut: Arc<AtomicBool>,
}

impl Socket for OneWay {}

impl AsyncRead for OneWay {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl AsyncWrite for OneWay {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.wire).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_write_ends_the_connection() {
    // T-15: nothing is read that would tell.
    let (wire, mut record, far) = wire();
    let is_cut = Arc::<AtomicBool>::default();
    let _server = Server::start(far);
    let one_way = OneWay {
        wire,
        is_cut: is_cut.clone(),
    };
    let (mut connection, driver) = soon(Connection::handshake(target(), one_way))
        .await
        .unwrap();
    tokio::spawn(driver);
    tokio::task::yield_now().await;
    is_cut.store(true, Ordering::Relaxed);
    let error = soon(connection.call(request(Body::one("latte"))))
        .await
        .unwrap_err();
    // C-30: the write that failed was the request's.
    assert_eq!(error.error().kind(), Kind::Closed);
    let text =
        "the connection to http://cafe:1 was lost: connection reset; the request had not left";
    assert_eq!(error.to_string(), text);
    let source = source_of::<io::Error>(error.error()).map(io::Error::kind);
    assert_eq!(source, Some(io::ErrorKind::ConnectionReset));
    record.dropped().await;
    assert!(connection.is_closed());
}
