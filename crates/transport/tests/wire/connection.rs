//! Requests and responses of one connection, frame by frame.

use std::{sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use http::{Response, header::CONTENT_LENGTH};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_test::{assert_pending, assert_ready, task};
use tower_service::Service;
use ziggurat_transport::{
    Connection,
    connection::{Http2Options, Options},
    error::Kind,
};

use crate::{
    body::Body,
    record::{Record, wire},
    server::{Server, barrier, connect, drain, request, soon, target},
};

/// An empty SETTINGS frame.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// SETTINGS that allow no stream.
const NO_STREAMS: [u8; 15] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0];
/// A PING frame.
const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// GOAWAY with last stream 0 and NO_ERROR.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[tokio::test(start_paused = true)]
async fn ready_means_that_settings_was_read() {
    // A-118, L-16
    let (wire, _record, mut far) = wire();
    let mut handshake = task::spawn(Connection::<Body>::handshake(target(), wire));
    assert_pending!(handshake.poll());
    for byte in &SETTINGS[..8] {
        far.write_all(&[*byte]).await.unwrap();
        assert_pending!(handshake.poll());
    }
    far.write_all(&SETTINGS[8..]).await.unwrap();
    let (connection, _driver) = assert_ready!(handshake.poll()).unwrap();
    assert!(!connection.is_closed());
    assert_eq!(connection.target(), &target());
}

async fn handshake_error(answer: &[u8]) -> (Kind, String) {
    let (wire, mut record, mut far) = wire();
    far.write_all(answer).await.unwrap();
    far.shutdown().await.unwrap();
    let handshake = Connection::<Body>::handshake(target(), wire);
    let error = soon(handshake).await.unwrap_err();
    record.dropped().await;
    (error.kind(), error.to_string())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_http2_is_said_so() {
    //
    let garbage = [0xFF_u8; 100];
    let table: [(&[u8], &str); 5] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it answered in HTTP/1"),
        (
            b"220 mail.example.com ESMTP\r\n",
            "its first frame is not SETTINGS",
        ),
        (&garbage, "its first frame is not SETTINGS"),
        (&PING, "its first frame is not SETTINGS"),
        // An acknowledgement of ours, and a SETTINGS of a stream.
        (
            &[0, 0, 0, 4, 1, 0, 0, 0, 0],
            "its first frame is not SETTINGS",
        ),
    ];
    for (answer, cause) in table {
        let (kind, text) = handshake_error(answer).await;
        assert_eq!(kind, Kind::NotHttp2);
        assert_eq!(
            text,
            format!("the server at http://cafe:1 does not speak HTTP/2: {cause}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_early_is_no_connection() {
    // A-118, D-23
    for answer in [&[][..], &SETTINGS[..5]] {
        let (kind, text) = handshake_error(answer).await;
        assert_eq!(kind, Kind::Closed, "{text}");
        assert!(
            text.contains("http://cafe:1 ended before the server's SETTINGS came"),
            "{text}"
        );
    }
    let (kind, text) = handshake_error(&[&NO_STREAMS[..], &GOAWAY].concat()).await;
    assert_eq!(kind, Kind::Closed);
    assert_eq!(
        text,
        "the server at http://cafe:1 closed the connection before it was ready"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_right_behind_its_settings_was_ready() {
    // however the bytes arrive.
    for end in [&[][..], &GOAWAY] {
        let (wire, mut record, mut far) = wire();
        far.write_all(&[&SETTINGS, end].concat()).await.unwrap();
        drop(far);
        let handshake = Connection::<Body>::handshake(target(), wire);
        let (mut connection, driver) = soon(handshake).await.unwrap();
        let error = soon(connection.call(request(Body::one("x"))))
            .await
            .unwrap_err();
        assert_eq!(error.error().kind(), Kind::Closed);
        assert!(error.into_parts().1.is_some());
        tokio::spawn(driver);
        record.dropped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_allows_no_stream_is_waited_for() {
    // L-16
    let (wire, _record, mut far) = wire();
    let mut handshake = task::spawn(Connection::<Body>::handshake(target(), wire));
    let one_stream = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1];
    far.write_all(&NO_STREAMS).await.unwrap();
    assert_pending!(handshake.poll());
    far.write_all(&one_stream).await.unwrap();
    let (connection, _driver) = assert_ready!(handshake.poll()).unwrap();
    assert!(!connection.is_closed());
}

#[tokio::test(start_paused = true)]
async fn no_burst_leaves_above_the_servers_limit() {
    // T-18, A-116
    let (wire, _record, far) = wire();
    let mut server = Server::with(h2::server::Builder::new().max_concurrent_streams(2), far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let calls: Vec<_> = (0..10)
        .map(|_| tokio::spawn(connection.call(request(Body::one("x")))))
        .collect();
    for _ in 0..10 {
        server.accept().await.answer("ok");
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    }
}

/// The frames of one call that succeeds.
async fn frames_of(body: Body) -> Vec<String> {
    let (mut connection, mut server, record) = connect().await;
    let mut request = request(body);
    request.headers_mut().insert(CONTENT_LENGTH, 5.into());
    let call = tokio::spawn(connection.call(request));
    let mut accepted = server.accept().await;
    // A-67, L-3
    assert!(!accepted.head.headers.contains_key(CONTENT_LENGTH));
    while let Some(data) = soon(accepted.body.data()).await {
        accepted
            .body
            .flow_control()
            .release_capacity(data.unwrap().len())
            .unwrap();
    }
    accepted.answer("done");
    drain(soon(call).await.unwrap().unwrap()).await;
    record.frames()
}

#[tokio::test(start_paused = true)]
async fn end_stream_is_on_the_last_data_frame() {
    // A-65, L-2
    assert_eq!(
        frames_of(Body::empty()).await,
        ["HEADERS", "DATA 0 END_STREAM"]
    );
    //
    assert_eq!(
        frames_of(Body::one("latte")).await,
        ["HEADERS", "DATA 5 END_STREAM"]
    );

    let (feeder, body) = Body::fed();
    feeder.feed("one");
    feeder.feed("three");
    feeder.end();
    assert_eq!(
        frames_of(body).await,
        ["HEADERS", "DATA 3", "DATA 5", "DATA 0 END_STREAM"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_settings_of_a_new_connection() {
    // T-16, A-119
    let (_connection, _server, record) = connect().await;
    let settings = record.settings();
    assert_eq!(settings[&2], 0, "no server push");
    assert_eq!(settings[&4], 25_000, "a stream's window at first");
    assert_eq!(settings[&6], 16 * 1024 * 1024, "header list");
    assert_eq!(record.connection_credit(), (1 << 31) - 1 - 65_535);
}

/// A connection with these options, its server, and its record.
async fn connect_with(http2: Http2Options) -> (Connection<Body>, Server, Record) {
    let (wire, record, far) = wire();
    let server = Server::start(far);
    let options = Options::new().http2(http2);
    let handshake = Connection::handshake_with(&options, target(), wire);
    let (connection, driver) = soon(handshake).await.unwrap();
    tokio::spawn(driver);
    (connection, server, record)
}

#[tokio::test(start_paused = true)]
async fn the_options_reach_the_server() {
    //
    let http2 = Http2Options::new()
        .stream_window(100_000)
        .and_then(|options| options.connection_window(200_000))
        .and_then(|options| options.max_frame(20_000))
        .unwrap()
        .max_header_list(30_000_000);
    let (_connection, _server, record) = connect_with(http2).await;
    let settings = record.settings();
    assert_eq!(
        (settings[&4], settings[&5], settings[&6]),
        (100_000, 20_000, 30_000_000)
    );
    assert_eq!(record.connection_credit(), 200_000 - 65_535);
}

#[tokio::test(start_paused = true)]
async fn a_server_may_send_frames_of_32_kib() {
    // what is told when nothing was set, and that it is taken.
    let (mut connection, mut server, record) = connect().await;
    assert_eq!(record.settings()[&5], 32 * 1024);
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    let sent = Bytes::from(vec![7; 20_000]);
    accepted.headers().send_data(sent.clone(), true).unwrap();
    let mut body = soon(call).await.unwrap().unwrap().into_body();
    let frame = soon(body.frame()).await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), sent);
}

#[tokio::test(start_paused = true)]
async fn adaptive_windows_let_one_unread_body_stop_all() {
    // L-25, A-120: what its documentation says.
    let (mut connection, mut server, _record) =
        connect_with(Http2Options::new().adaptive_window()).await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    let body = accepted.headers();
    body.send_data(vec![0; 70_000].into(), true).unwrap();
    let unread = soon(call).await.unwrap().unwrap();

    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    server.accept().await.answer("here");
    let response = soon(call).await.unwrap().unwrap();
    let mut stopped = task::spawn(response.into_body().collect());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_pending!(stopped.poll());

    drain(unread).await;
    assert_eq!(soon(stopped).await.unwrap().to_bytes(), "here");
}

#[tokio::test(start_paused = true)]
async fn adaptive_windows_ping_for_data_only() {
    // E-11
    let (mut connection, mut server, record) =
        connect_with(Http2Options::new().adaptive_window()).await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    let body = accepted.headers();
    let response = soon(call).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(record.pings(), 0);
    body.send_data("data".into(), true).unwrap();
    drain(response).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(record.pings(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_has_frames_and_trailers() {
    let (mut connection, mut server, record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    server.accept().await.answer("here");
    let response = soon(call).await.unwrap().unwrap();
    let peer = connection.peer();
    assert_eq!((peer.local(), peer.remote()), (None, None));
    assert!(response.extensions().is_empty());

    let mut body = response.into_body();
    assert!(!body.is_end_stream());
    assert_eq!(
        soon(body.frame())
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap(),
        "here"
    );
    assert!(soon(body.frame()).await.unwrap().unwrap().is_trailers());
    assert!(body.is_end_stream());
    assert!(soon(body.frame()).await.is_none());
    assert!(soon(body.frame()).await.is_none());
    drop(body);
    barrier(&mut connection, &mut server).await;
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn headers_that_end_the_stream_are_seen_on_the_fresh_response() {
    // A-75, L-6
    let (mut connection, mut server, record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    let mut accepted = server.accept().await;
    accepted
        .respond
        .send_response(Response::new(()), true)
        .unwrap();
    let response = soon(call).await.unwrap().unwrap();
    assert!(response.body().is_end_stream());
    drop(response);

    // An empty DATA frame with END_STREAM is not the same.
    let call = tokio::spawn(connection.call(request(Body::one("latte"))));
    let mut accepted = server.accept().await;
    accepted.headers().send_data(Bytes::new(), true).unwrap();
    let response = soon(call).await.unwrap().unwrap();
    assert!(!response.body().is_end_stream());
    drain(response).await;

    // B-25
    barrier(&mut connection, &mut server).await;
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_the_connection() {
    let (mut connection, mut server, record) = connect().await;
    let calls: Vec<_> = (0..100)
        .map(|_| tokio::spawn(connection.call(request(Body::one("x")))))
        .collect();
    let mut accepted = Vec::new();
    for _ in 0..100 {
        accepted.push(server.accept().await);
    }
    for call in accepted.into_iter().rev() {
        call.answer("ok");
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    }
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_read_stops_nobody() {
    // A-120, L-14
    let (mut connection, mut server, _record) = connect().await;
    let mut unread = Vec::new();
    for _ in 0..8 {
        let call = tokio::spawn(connection.call(request(Body::one("x"))));
        let mut accepted = server.accept().await;
        let body = accepted.headers();
        body.send_data(vec![0; 4 * 1024 * 1024].into(), true)
            .unwrap();
        unread.push((soon(call).await.unwrap().unwrap(), accepted));
    }
    barrier(&mut connection, &mut server).await;
}

#[test]
fn an_empty_response_body_is_at_its_end() {
    let mut body = ziggurat_transport::ResponseBody::default();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    let mut next = task::spawn(body.frame());
    assert!(matches!(next.poll(), Poll::Ready(None)));
}

#[tokio::test(start_paused = true)]
async fn the_preface_is_http2() {
    let (wire, _record, mut far) = wire();
    let mut handshake = task::spawn(Connection::<Body>::handshake(target(), wire));
    assert_pending!(handshake.poll());
    let mut preface = [0; 24];
    far.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

#[test]
fn auto_traits() {
    use tower_layer::Identity;
    use ziggurat_transport::{
        Channel, Error, ResponseBody, SendError, Target, channel, connection,
    };

    fn send_sync<T: Send + Sync + 'static>() {}
    fn send<T: Send + 'static>() {}
    send_sync::<Connection<Body>>();
    send_sync::<Channel<Identity, Body>>();
    send_sync::<channel::Builder>();
    send_sync::<ResponseBody>();
    send_sync::<SendError<Body>>();
    send_sync::<Error>();
    send_sync::<Target>();
    send::<connection::ResponseFuture<Body>>();
    send::<connection::Driver<tokio::net::TcpStream, Body>>();
    send::<channel::ResponseFuture<Identity, Body>>();
    send::<channel::Connecting>();
    assert_eq!(size_of::<Error>(), size_of::<Arc<()>>());
}
