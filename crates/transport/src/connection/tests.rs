//! What a connection tells its owner, and what a request body leaves with the driver; the rest is tested on the wire.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use h2::Reason;
use http_body::{Body, Frame};

use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_test::{assert_pending, assert_ready, task};
use tower_service::Service;
use ziggurat_connect::Target;

use super::{
    AfterResponse, Connection, Drive, Driver, Facts, RequestBody, call::Call, executor::Executor,
    io::Wire, request::Piped,
};
use crate::error::Kind;

fn call() -> Arc<Call> {
    Call::new(AfterResponse::Continue, 0)
}

/// A body that is at its end.
#[derive(Debug)]
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

impl RequestBody for Nothing {}

#[test]
fn a_body_announces_its_call_at_its_first_poll_and_takes_it_back_when_it_is_dropped() {
    // L-21
    let (executor, call) = (Executor::new(Wire::unbounded()), call());
    let mut body = Piped::new(Nothing, call.clone(), executor.clone());
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(Arc::strong_count(&call), 2);
    assert!(matches!(
        Pin::new(&mut body).poll_frame(cx),
        Poll::Ready(None)
    ));
    assert_eq!(Arc::strong_count(&call), 3);
    drop(body);
    assert_eq!(Arc::strong_count(&call), 1);
}

#[test]
fn a_body_whose_call_is_given_up_fails_instead_of_ending() {
    // B-23
    let call = call();
    let mut body = Piped::new(Nothing, call.clone(), Executor::new(Wire::unbounded()));
    call.give_up();
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Err(error))) = Pin::new(&mut body).poll_frame(cx) else {
        panic!("the body went on");
    };
    assert_eq!(error.reason(), Some(Reason::CANCEL));
}

/// SETTINGS that limit the number of streams.
fn settings(streams: u8) -> [u8; 15] {
    [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, streams]
}

/// GOAWAY with last stream 0.
fn goaway(code: u8) -> [u8; 17] {
    [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, code]
}

type Owned = task::Spawn<Driver<DuplexStream, Nothing>>;

/// A connection whose server allows five streams, its driver, and the server's end.
async fn connect() -> (Connection<Nothing>, Owned, DuplexStream) {
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(&settings(5)).await.unwrap();
    let target = Target::parse("http://cafe:1").unwrap();
    let (connection, driver) = Connection::handshake(target, near).await.unwrap();
    let mut driver = task::spawn(driver);
    assert_pending!(driver.poll());
    (connection, driver, far)
}

fn call_of(connection: &mut Connection<Nothing>) -> task::Spawn<super::ResponseFuture<Nothing>> {
    let request = Request::post("http://cafe:1/order").body(Nothing).unwrap();
    task::spawn(connection.call(request))
}

const CLOSED: Facts = Facts {
    streams: 0,
    is_open: false,
};

fn open(streams: usize) -> Facts {
    let is_open = true;
    Facts { streams, is_open }
}

#[tokio::test]
async fn the_owner_learns_how_many_streams_the_server_allows() {
    // T-17, A-116
    let (_connection, mut driver, mut far) = connect().await;
    assert_eq!(driver.facts(), open(5));
    for streams in [7, 0, 2] {
        far.write_all(&settings(streams)).await.unwrap();
        assert!(driver.is_woken());
        assert_pending!(driver.poll());
        assert_eq!(driver.facts(), open(streams.into()));
    }
}

#[tokio::test]
async fn the_owner_learns_of_a_goaway_at_once() {
    // L-24
    let (connection, mut driver, mut far) = connect().await;
    far.write_all(&goaway(11)).await.unwrap();
    assert!(driver.is_woken());
    let _ = driver.poll();
    assert_eq!(driver.facts(), CLOSED);
    assert!(connection.is_closed());
    let reason = driver.enter(|_, driver| driver.take_reason()).unwrap();
    let remote = true;
    assert_eq!(reason.kind(), Kind::GoAway { code: 11, remote });
    assert!(driver.enter(|_, driver| driver.take_reason()).is_none());
}

#[tokio::test]
async fn too_many_pings_are_told_apart() {
    // E-8, L-11: this pins what h2 makes of debug data.
    let table: [(u8, &[u8], bool); 5] = [
        (11, b"too_many_pings", true),
        (11, b"too_many_pings!", false),
        (11, b"not too_many_pings", false),
        (11, b"", false),
        (2, b"too_many_pings", false),
    ];
    for (code, debug, expected) in table {
        let (_connection, mut driver, mut far) = connect().await;
        let mut frame = [&goaway(code)[..], debug].concat();
        frame[2] += u8::try_from(debug.len()).unwrap();
        far.write_all(&frame).await.unwrap();
        let _ = driver.poll();
        let reason = driver.enter(|_, driver| driver.take_reason()).unwrap();
        assert_eq!(reason.is_too_many_pings(), expected, "{reason}");
    }
}

#[tokio::test]
async fn the_owner_learns_of_a_loss_at_once() {
    // D-25
    let (connection, mut driver, far) = connect().await;
    drop(far);
    assert!(driver.is_woken());
    assert_ready!(driver.poll());
    assert_eq!(driver.facts(), CLOSED);
    assert!(connection.is_closed());
    let reason = driver.enter(|_, driver| driver.take_reason()).unwrap();
    assert_eq!(reason.kind(), Kind::Lost);
}

#[tokio::test]
async fn an_owner_that_shuts_down_ends_all_calls() {
    // M-12
    let (mut connection, mut driver, _far) = connect().await;
    let mut running = call_of(&mut connection);
    assert_pending!(running.poll());
    assert_pending!(driver.poll());
    let mut queued = call_of(&mut connection);
    assert_pending!(queued.poll());

    driver.enter(|_, driver| driver.shut_down());
    assert!(running.is_woken() && queued.is_woken());
    let (error, request) = assert_ready!(running.poll()).unwrap_err().into_parts();
    assert_eq!(error.kind(), Kind::GivenUp);
    assert!(request.is_none());
    let (error, request) = assert_ready!(queued.poll()).unwrap_err().into_parts();
    assert_eq!(error.kind(), Kind::GivenUp);
    assert!(request.is_some());
    assert_eq!(driver.facts(), CLOSED);
    assert_ready!(driver.poll());
}

/// Polls the driver until nobody wakes it; tells how often.
async fn settle(driver: &mut Owned) -> usize {
    let mut polls = 0;
    while driver.is_woken() {
        // tokio's budget is that of the test's task.
        tokio::task::yield_now().await;
        assert_pending!(driver.poll());
        polls += 1;
        assert!(polls < 1_000, "it goes on and on");
    }
    polls
}

#[tokio::test]
async fn what_a_burst_has_left_is_given_back_though_nothing_more_comes() {
    // T-15
    let (mut connection, mut driver, mut far) = connect().await;
    far.write_all(&settings(250)).await.unwrap();
    let mut calls: Vec<_> = (0..250).map(|_| call_of(&mut connection)).collect();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    assert!(settle(&mut driver).await < 20, "all of them are wanted");
    drop(calls);
    // Some go at each 64th look.
    assert!(settle(&mut driver).await > 2 * 64);
}

/// The ids of the streams that were opened, and all else left out.
async fn opened(far: &mut DuplexStream) -> Vec<u32> {
    const PREFACE: usize = 24;
    let mut bytes = vec![0; 64 * 1024];
    let count = far.read(&mut bytes).await.unwrap();
    let mut bytes = &bytes[PREFACE..count];
    let mut streams = Vec::new();
    while let Some(([a, b, c, kind, _, stream @ ..], rest)) = bytes.split_first_chunk::<9>() {
        if *kind == 1 {
            streams.push(u32::from_be_bytes(*stream));
        }
        let length = u32::from_be_bytes([0, *a, *b, *c]);
        bytes = &rest[usize::try_from(length).unwrap()..];
    }
    streams
}

#[tokio::test]
async fn frames_are_counted_for_whose_stream_it_is_whatever_h2_did_not_send() {
    // h2 gives the request that it refuses an id too, and none to what was dropped before.
    let (mut connection, mut driver, mut far) = connect().await;
    drop(call_of(&mut connection));
    let relative = Request::post("/order").body(Nothing).unwrap();
    let mut refused = task::spawn(connection.call(relative));
    assert_pending!(refused.poll());
    let mut other = call_of(&mut connection);
    assert_pending!(other.poll());
    let mut call = call_of(&mut connection);
    assert_pending!(call.poll());
    assert_pending!(driver.poll());
    assert!(assert_ready!(refused.poll()).is_err());
    let [_, stream] = opened(&mut far).await[..] else {
        panic!("two are opened")
    };

    let frame = |length: u8, kind: u8, flags: u8, payload: &[u8]| {
        let head = [0, 0, length, kind, flags];
        [&head[..], &stream.to_be_bytes(), payload].concat()
    };
    // :status 200
    far.write_all(&frame(1, 1, 4, &[0x88])).await.unwrap();
    assert_pending!(driver.poll());
    let mut body = assert_ready!(call.poll()).unwrap().into_body();
    let padded = frame(2, 0, 8, &[0, 7]).repeat(1024);
    for _ in 0..=32 {
        far.write_all(&padded).await.unwrap();
        assert_pending!(driver.poll());
    }
    assert_pending!(other.poll());
    let told = task::spawn(poll_fn(|cx| Pin::new(&mut body).poll_frame(cx))).poll();
    let error = assert_ready!(told).unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Exceeded);
}
