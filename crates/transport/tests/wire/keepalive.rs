//! How a connection notices that its server is gone.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::BodyExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf},
    time::{Instant, sleep, timeout},
};
use tower_service::Service;
use ziggurat_connect::Socket;
use ziggurat_transport::{
    Connection,
    connection::{KeepaliveOptions, Options},
    error::Kind,
};

use crate::{
    body::Body,
    record::{Record, Wire, wire},
    server::{Server, barrier, drain, request, soon, target},
};

const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// HEADERS of stream 1: `:status: 200`, and no end.
const HEADERS: [u8; 10] = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
/// A WINDOW_UPDATE of the connection by one byte.
const CREDIT: [u8; 13] = [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An interval of 10 seconds, and a timeout of 5.
fn keepalive() -> KeepaliveOptions {
    KeepaliveOptions::every(seconds(10)).timeout(seconds(5))
}

async fn handshake(wire: Wire, keepalive: KeepaliveOptions) -> Connection<Body> {
    let options = Options::new().keepalive(keepalive);
    let handshake = Connection::handshake_with(&options, target(), wire);
    let (connection, driver) = soon(handshake).await.unwrap();
    tokio::spawn(driver);
    connection
}

/// A connection to a server that says nothing after its SETTINGS but what the test writes.
async fn silent(keepalive: KeepaliveOptions) -> (Connection<Body>, Record, DuplexStream) {
    let (wire, record, mut far) = wire();
    far.write_all(&SETTINGS).await.unwrap();
    (handshake(wire, keepalive).await, record, far)
}

async fn alive(keepalive: KeepaliveOptions) -> (Connection<Body>, Record, Server) {
    let (wire, record, far) = wire();
    let server = Server::start(far);
    (handshake(wire, keepalive).await, record, server)
}

/// When the connection is gone, measured from a start.
async fn gone(record: &mut Record, start: Instant) -> Duration {
    record.dropped().await;
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_asked_and_given_up() {
    // E-3, E-4, L-15
    let (mut connection, mut record, _far) = silent(keepalive()).await;
    let start = Instant::now();
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    sleep(Duration::from_millis(9_999)).await;
    assert_eq!(record.pings(), 0);
    sleep(Duration::from_millis(2)).await;
    assert_eq!(record.pings(), 1);
    assert_eq!(gone(&mut record, start).await, seconds(15));

    let (error, back) = soon(call).await.unwrap().unwrap_err().into_parts();
    assert_eq!(error.kind(), Kind::Lost);
    assert_eq!(
        error.to_string(),
        "the connection to http://cafe:1 was lost: keepalive: nothing was read for 15s"
    );
    assert!(back.is_none());
    assert!(connection.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_being_read_fails() {
    // E-4
    let (mut connection, mut record, mut far) = silent(keepalive()).await;
    let start = Instant::now();
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    sleep(seconds(1)).await;
    far.write_all(&HEADERS).await.unwrap();
    let response = soon(call).await.unwrap().unwrap();
    let error = soon(response.into_body().collect()).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(16));
    assert_eq!(error.kind(), Kind::Lost);
    assert!(error.to_string().contains("keepalive"), "{error}");
    record.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn any_byte_is_a_sign_of_life() {
    // E-3, E-4: a PING that is not answered, but other frames.
    let (mut connection, mut record, mut far) = silent(keepalive()).await;
    let start = Instant::now();
    let _call = tokio::spawn(connection.call(request(Body::one("latte"))));
    for _ in 0..3 {
        sleep(seconds(14)).await;
        far.write_all(&CREDIT).await.unwrap();
    }
    sleep(seconds(14)).await;
    assert!(!record.is_dropped());
    assert_eq!(gone(&mut record, start).await, seconds(3 * 14 + 15));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_is_left_alone() {
    // E-4
    let (mut connection, record, mut server) = alive(keepalive()).await;
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    let accepted = server.accept().await;
    sleep(seconds(3600)).await;
    let pings = record.pings();
    assert!((300..=360).contains(&pings), "{pings}");
    accepted.answer("here");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "here");
}

#[tokio::test(start_paused = true)]
async fn without_calls_nothing_is_sent_and_nothing_ends() {
    // E-5
    let (mut connection, record, mut server) = alive(keepalive()).await;
    barrier(&mut connection, &mut server).await;
    sleep(seconds(3600)).await;
    assert_eq!(record.pings(), 0);
    barrier(&mut connection, &mut server).await;
    sleep(seconds(3600)).await;
    assert!(!connection.is_closed());
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_a_rest_asks_at_once() {
    // E-6
    let (mut connection, mut record, _far) = silent(keepalive()).await;
    sleep(seconds(3600)).await;
    assert_eq!(record.pings(), 0);
    let start = Instant::now();
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(record.pings(), 1);
    assert_eq!(gone(&mut record, start).await, seconds(5));
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("for 3605s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_follow_each_other_do_not_put_the_end_off() {
    // E-4: each gives up before the timeout, and none is open for a moment.
    let (mut connection, mut record, _far) = silent(keepalive()).await;
    let start = Instant::now();
    for _ in 0..20 {
        let call = connection.call(request(Body::one("latte")));
        assert!(timeout(Duration::from_millis(700), call).await.is_err());
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(start.elapsed(), Duration::from_millis(14_200));
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    assert_eq!(gone(&mut record, start).await, seconds(15));
    assert_eq!(
        soon(call).await.unwrap().unwrap_err().error().kind(),
        Kind::Lost
    );
}

#[tokio::test(start_paused = true)]
async fn a_response_that_nobody_reads_on_is_a_call() {
    // E-5: its stream is open, so the server is asked.
    let (mut connection, mut record, mut far) = silent(keepalive()).await;
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    tokio::task::yield_now().await;
    far.write_all(&HEADERS).await.unwrap();
    let start = Instant::now();
    let response = soon(call).await.unwrap().unwrap();
    assert_eq!(gone(&mut record, start).await, seconds(15));
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_was_given_up_is_none() {
    // E-5
    let (mut connection, record, mut server) = alive(keepalive()).await;
    let (feeder, body) = Body::fed();
    let call = tokio::spawn(connection.call(request(body)));
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(call).await.unwrap().unwrap();
    feeder.give_up();
    accepted.reset().await;
    sleep(seconds(3600)).await;
    assert_eq!(record.pings(), 0);
    assert!(!connection.is_closed());
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_asked_if_told_so() {
    // E-2
    let (_connection, mut record, _far) = silent(keepalive().while_idle()).await;
    let start = Instant::now();
    sleep(seconds(11)).await;
    assert_eq!(record.pings(), 1);
    assert_eq!(gone(&mut record, start).await, seconds(15));

    let (connection, record, _server) = alive(keepalive().while_idle()).await;
    sleep(seconds(3600)).await;
    assert!(record.pings() >= 300);
    assert!(!connection.is_closed());
}

#[tokio::test(start_paused = true)]
async fn without_keepalive_a_silent_server_is_trusted() {
    // E-1
    let (wire, record, mut far) = wire();
    far.write_all(&SETTINGS).await.unwrap();
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    sleep(seconds(3600)).await;
    assert_eq!(record.pings(), 0);
    assert!(!record.is_dropped() && !call.is_finished());
}

/// A wire that notes what is set of its socket.
#[derive(Debug)]
struct Noted {
    wire: Wire,
    user_timeout: Arc<Mutex<Option<Duration>>>,
}

impl Socket for Noted {
    fn set_user_timeout(&self, timeout: Duration) -> io::Result<()> {
        *self.user_timeout.lock().unwrap() = Some(timeout);
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl AsyncWrite for Noted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
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
async fn the_socket_has_the_same_timeout() {
    // E-7: if it can have one, and only with keepalive.
    let cases = [
        (Options::new().keepalive(keepalive()), Some(seconds(5))),
        (Options::new(), None),
    ];
    for (options, expected) in cases {
        let (wire, _record, mut far) = wire();
        far.write_all(&SETTINGS).await.unwrap();
        let user_timeout = Arc::<Mutex<Option<Duration>>>::default();
        let noted = Noted {
            wire,
            user_timeout: user_timeout.clone(),
        };
        let handshake = Connection::<Body>::handshake_with(&options, target(), noted);
        let _connected = soon(handshake).await.unwrap();
        assert_eq!(*user_timeout.lock().unwrap(), expected);
    }
}
