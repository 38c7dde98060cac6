//! What the peer learns of the client's frames.

use bytes::Bytes;
use h2::client::Builder;
use http::{HeaderMap, HeaderValue, Request};
use ziggurat_testing::peer::{
    Connection, Control, Frame, Options, Peer, PeerError, Reason, Setting,
};

use crate::client::{Client, pair, pair_of, pair_with, pipe, request};

#[tokio::test]
async fn a_request_is_read_field_by_field() {
    let (mut client, mut peer) = pair().await;
    let _response = client.get();
    let request = peer.request().await.unwrap();
    assert_eq!(request.stream, 1);
    assert!(request.end_stream);
    // pseudo headers first.
    let names: Vec<_> = request.fields.names().collect();
    assert_eq!(names, [":method", ":scheme", ":authority", ":path", "te"]);
    assert_eq!(request.fields.get(":path"), Some("/cafe.Machine/MakeLatte"));
    assert_eq!(request.fields.get("te"), Some("trailers"));
    assert_eq!(request.fields.get("grpc-timeout"), None);
}

#[tokio::test]
async fn every_octet_survives_huffman_code_and_indexing() {
    let (mut client, mut peer) = pair().await;
    let octets: Vec<u8> = (0..=255)
        .filter(|octet| HeaderValue::from_bytes(&[*octet]).is_ok())
        .collect();
    // The table holds 4,096 bytes, so later requests refer to earlier ones and push them out.
    for round in 0..40_u8 {
        let mut value = octets.clone();
        value.rotate_left(usize::from(round) % 8);
        let request = Request::post("http://cafe.example/")
            .header("x-octets", HeaderValue::from_bytes(&value).unwrap())
            .header("x-round", round.to_string())
            .body(())
            .unwrap();
        let _response = client.send(request);
        let request = peer.request().await.unwrap();
        assert_eq!(
            request.fields.values("x-octets").next(),
            Some(value.as_slice())
        );
        assert_eq!(
            request.fields.get("x-round"),
            Some(round.to_string().as_str())
        );
    }
}

#[tokio::test]
async fn a_long_header_block_is_one_frame_of_the_log() {
    let (mut client, mut peer) = pair().await;
    let long = "latte".repeat(10_000);
    let request = Request::post("http://cafe.example/")
        .header("x-long", &long)
        .body(())
        .unwrap();
    let _response = client.send(request);
    assert_eq!(
        peer.request().await.unwrap().fields.get("x-long"),
        Some(long.as_str())
    );
    assert_eq!(peer.log().calls().lines(), ["HEADERS 1 END_STREAM"]);
}

#[tokio::test]
async fn frames_come_in_order_and_housekeeping_is_left_out() {
    let (mut client, mut peer) = pair().await;
    let (_response, mut body) = client.call();
    body.send_data(Bytes::from_static(b"twelve bytes"), false)
        .unwrap();
    body.send_data(Bytes::new(), true).unwrap();
    assert_eq!(peer.next_frame().await.unwrap().to_string(), "HEADERS 1");
    assert_eq!(peer.next_frame().await.unwrap().to_string(), "DATA 1 (12)");
    let last = peer.next_frame().await.unwrap();
    let expected = Frame::Data {
        stream: 1,
        bytes: Bytes::new(),
        end_stream: true,
        padding: None,
    };
    assert_eq!(last, expected);
    let lines = peer.log().lines();
    assert_eq!(lines[0], "SETTINGS");
    assert!(lines.contains(&"SETTINGS ACK".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn requests_are_found_past_other_frames() {
    let (mut client, mut peer) = pair().await;
    let (_first, mut body) = client.call();
    body.send_data(Bytes::from_static(b"x"), false).unwrap();
    let _second = client.get();
    assert_eq!(peer.request().await.unwrap().stream, 1);
    assert_eq!(peer.request().await.unwrap().stream, 3);
    body.send_data(Bytes::from_static(b"yz"), true).unwrap();
    assert_eq!(peer.body(1).await.unwrap(), "xyz");
    assert_eq!(peer.body(3).await.unwrap(), "");
    assert_eq!(peer.body_prefix(1, 2).await.unwrap(), "xyz");
    assert_eq!(peer.log().stream(3).lines(), ["HEADERS 3 END_STREAM"]);
}

#[tokio::test]
async fn request_trailers_are_no_request() {
    let (mut client, mut peer) = pair().await;
    let (_response, mut body) = client.call();
    body.send_trailers(HeaderMap::new()).unwrap();
    let _second = client.get();
    assert_eq!(peer.request().await.unwrap().stream, 1);
    assert_eq!(peer.request().await.unwrap().stream, 3);
    // what a gRPC client never sends is visible.
    assert_eq!(
        peer.log().stream(1).lines(),
        ["HEADERS 1", "HEADERS 1 END_STREAM"]
    );
}

#[tokio::test]
async fn a_reset_ends_the_wait_for_a_body() {
    let (mut client, mut peer) = pair().await;
    let (response, mut body) = client.call();
    let stream = peer.request().await.unwrap().stream;
    body.send_reset(h2::Reason::CANCEL);
    assert_eq!(peer.reset_of(stream).await.unwrap(), Reason::CANCEL);
    let error = peer.body(stream).await.unwrap_err();
    assert!(
        matches!(
            error,
            PeerError::Reset {
                stream: 1,
                reason: Reason::CANCEL
            }
        ),
        "{error:?}"
    );
    drop(response);
}

#[tokio::test]
async fn a_barrier_gives_all_that_was_ready() {
    let (mut client, mut peer) = pair().await;
    let (response, body) = client.call();
    peer.request().await.unwrap();
    assert_eq!(peer.barrier().await.unwrap().lines(), [""; 0]);
    drop((response, body));
    assert_eq!(
        peer.barrier().await.unwrap().lines(),
        ["RST_STREAM 1 CANCEL"]
    );
    assert_eq!(peer.barrier().await.unwrap().lines(), [""; 0]);
}

#[tokio::test]
async fn settings_of_the_client_are_decoded() {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(1_000_000)
        .max_frame_size(20_000);
    let (_client, peer) = pair_of(builder, Options::new()).await;
    let log = peer.log();
    let Some(Frame::Settings(settings)) = log.frames().first() else {
        panic!("{log:?}")
    };
    //
    assert_eq!(settings.get(Setting::ENABLE_PUSH), Some(0));
    assert_eq!(settings.get(Setting::MAX_FRAME_SIZE), Some(20_000));
    assert_eq!(peer.peer_may_send(1), 65_535);
    assert_eq!(peer.peer_may_send(0), 65_535);
}

#[tokio::test]
async fn acknowledgements_can_be_left_to_the_script() {
    let (_client, mut peer) = pair_with(Options::new().settings_acks(Control::Scripted)).await;
    peer.settings_ack().await.unwrap();
    peer.ping_acks(Control::Scripted);
    peer.settings_acks(Control::Automatic);
    assert!(peer.barrier().await.is_ok());
}

#[tokio::test]
async fn pings_are_answered_unless_the_script_does() {
    for control in [Control::Automatic, Control::Scripted] {
        let (client, server) = pipe();
        let (_h2, mut connection) = h2::client::handshake(client).await.unwrap();
        let mut ping = connection.ping_pong().unwrap();
        tokio::spawn(connection);
        let options = Options::new().ping_acks(control);
        let mut peer = Connection::over_with(server, options).await.unwrap();
        let answer = tokio::spawn(async move { ping.ping(h2::Ping::opaque()).await });
        let frame = peer
            .wait_for(|frame| matches!(frame, Frame::Ping(_)))
            .await
            .unwrap();
        if let (Frame::Ping(payload), Control::Scripted) = (frame, control) {
            peer.barrier().await.unwrap();
            assert!(!answer.is_finished());
            peer.ping_ack(payload).await.unwrap();
        }
        answer.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_silent_peer_sends_nothing_until_told() {
    let (mut client, mut peer) = pair_with(Options::new().silent()).await;
    // SETTINGS can come as late as the script likes.
    let response = client.get();
    peer.request().await.unwrap();
    peer.settings([(Setting::MAX_CONCURRENT_STREAMS, 7)])
        .await
        .unwrap();
    peer.wait_for(|frame| *frame == Frame::SettingsAck)
        .await
        .unwrap();
    peer.settings_ack().await.unwrap();
    peer.trailers(1, [(":status", "204")]).await.unwrap();
    assert_eq!(response.await.unwrap().status(), 204);
}

#[tokio::test]
async fn loopback_takes_one_connection_after_the_other() {
    let peer = Peer::bind().await.unwrap();
    let address = peer.address().unwrap();
    assert_eq!(peer.url().unwrap(), format!("http://{address}"));
    for _ in 0..2 {
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let (client, conn) = tokio::join!(Client::over(socket), peer.accept());
        let (mut client, mut conn) = (client, conn.unwrap());
        let response = client.send(request());
        let stream = conn.request().await.unwrap().stream;
        assert_eq!(stream, 1);
        conn.trailers(stream, [(":status", "200")]).await.unwrap();
        assert_eq!(response.await.unwrap().status(), 200);
    }
}
