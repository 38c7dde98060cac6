//! What the peer can send, as h2 understands it.

use h2::client::{Builder, ResponseFuture};
use http::StatusCode;
use ziggurat_testing::peer::{
    Connection, Fields, Frame, HeaderBlock, Kind, Options, RawFrame, Reason, Setting,
};

use crate::client::{Client, pair, pair_of, pair_with, read_all};

const OK: [(&str, &str); 1] = [(":status", "200")];

/// A pair with one request that is answered later.
async fn called() -> (Client, ResponseFuture, Connection) {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    (client, response, peer)
}

#[tokio::test]
async fn headers_data_and_trailers() {
    let (_client, response, peer) = called().await;
    peer.headers(
        1,
        &[
            (":status", "200"),
            ("x-flavour", "mocha"),
            ("x-flavour", "vanilla"),
        ],
    )
    .await
    .unwrap();
    peer.data(1, "lat").await.unwrap();
    peer.data(1, "te").await.unwrap();
    peer.trailers(1, [("grpc-status", "0")]).await.unwrap();
    let response = response.await.unwrap();
    let flavours: Vec<_> = response.headers().get_all("x-flavour").iter().collect();
    assert_eq!(flavours, ["mocha", "vanilla"]);
    let mut body = response.into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "lat");
    assert_eq!(body.data().await.unwrap().unwrap(), "te");
    assert!(body.data().await.is_none());
    assert_eq!(body.trailers().await.unwrap().unwrap()["grpc-status"], "0");
}

#[tokio::test]
async fn informational_responses_come_first() {
    let (_client, mut response, peer) = called().await;
    //
    peer.informational(1, 103).await.unwrap();
    peer.informational(1, 100).await.unwrap();
    peer.trailers(1, OK).await.unwrap();
    let early = std::future::poll_fn(|cx| response.poll_informational(cx)).await;
    assert_eq!(early.unwrap().unwrap().status(), StatusCode::EARLY_HINTS);
    assert_eq!(response.await.unwrap().status(), 200);
}

#[tokio::test]
async fn header_blocks_split_anywhere() {
    let fields = [
        (":status", "200"),
        ("x-long", "latte macchiato with oat milk"),
    ];
    for fragment in [0, 1, 2, 7, 50, 1_000] {
        let (_client, response, peer) = called().await;
        let block = HeaderBlock::new(1, fields).end_stream().split(fragment);
        peer.block(&block).await.unwrap();
        let response = response.await.unwrap();
        assert_eq!(
            response.headers()["x-long"],
            "latte macchiato with oat milk",
            "split at {fragment}"
        );
        assert!(response.body().is_end_stream());
    }
}

#[tokio::test]
async fn oversized_header_lists_go_out_whole() {
    let mut builder = Builder::new();
    builder.max_header_list_size(100_000);
    let (mut client, mut peer) = pair_of(builder, Options::new()).await;
    let response = client.get();
    peer.request().await.unwrap();
    let long = "x".repeat(60_000);
    peer.trailers(1, [(":status", "200"), ("x-long", &long)])
        .await
        .unwrap();
    assert_eq!(response.await.unwrap().headers()["x-long"].len(), 60_000);
}

#[tokio::test]
async fn padded_and_empty_data() {
    let (_client, response, mut peer) = called().await;
    peer.headers(1, OK).await.unwrap();
    peer.data(1, "").await.unwrap();
    peer.frame(RawFrame::data(1, "hello").padded(255))
        .await
        .unwrap();
    peer.frame(RawFrame::data(1, "").padded(0)).await.unwrap();
    peer.last_data(1, "!").await.unwrap();
    assert_eq!(peer.peer_may_send(1), 65_535 - 261 - 1 - 1);
    assert_eq!(read_all(response.await.unwrap()).await.unwrap(), b"hello!");
    assert!(peer.barrier().await.unwrap().frames().is_empty());
}

#[tokio::test]
async fn resets_carry_any_code() {
    for code in [0x0, 0x7, 0x8, 0xd, 0x1234_5678] {
        let (_client, response, peer) = called().await;
        peer.reset(1, Reason(code)).await.unwrap();
        assert_eq!(response.await.unwrap_err().reason(), Some(code.into()));
    }
}

#[tokio::test]
async fn going_away_keeps_older_streams() {
    let (mut client, mut peer) = pair().await;
    let (first, second) = (client.get(), client.get());
    peer.request().await.unwrap();
    peer.request().await.unwrap();
    //
    peer.go_away(1, Reason::ENHANCE_YOUR_CALM, "too_many_pings")
        .await
        .unwrap();
    let error = second.await.unwrap_err();
    assert!(error.is_go_away() && error.is_remote(), "{error:?}");
    assert!(error.to_string().contains("too_many_pings"), "{error}");
    peer.trailers(1, OK).await.unwrap();
    assert_eq!(first.await.unwrap().status(), 200);
}

#[tokio::test]
async fn settings_reach_the_client() {
    let (mut client, mut peer) =
        pair_with(Options::new().settings([(Setting::INITIAL_WINDOW_SIZE, 10)])).await;
    peer.wait_for(|frame| *frame == Frame::SettingsAck)
        .await
        .unwrap();
    let (_response, mut body) = client.call();
    body.send_data("more than ten bytes".into(), true).unwrap();
    assert_eq!(peer.body_prefix(1, 10).await.unwrap(), "more than ");
    assert_eq!(peer.client_may_send(1), 0);
    peer.settings([(Setting::INITIAL_WINDOW_SIZE, 100)])
        .await
        .unwrap();
    assert_eq!(peer.body(1).await.unwrap(), "more than ten bytes");
}

#[tokio::test]
async fn a_larger_table_is_used_once_announced() {
    let (mut client, mut peer) =
        pair_with(Options::new().settings([(Setting::HEADER_TABLE_SIZE, 10_000)])).await;
    peer.wait_for(|frame| *frame == Frame::SettingsAck)
        .await
        .unwrap();
    for _ in 0..3 {
        let _response = client.get();
        assert_eq!(
            peer.request().await.unwrap().fields.get("te"),
            Some("trailers")
        );
    }
}

#[tokio::test]
async fn a_push_nobody_allowed_ends_the_connection() {
    let mut builder = Builder::new();
    builder.enable_push(false);
    let (mut client, mut peer) = pair_of(builder, Options::new()).await;
    let response = client.get();
    peer.request().await.unwrap();
    let pushed = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "cafe.example"),
        (":path", "/"),
    ];
    //
    peer.push_promise(1, 2, pushed).await.unwrap();
    assert!(response.await.is_err());
    assert_eq!(
        peer.next_frame().await.unwrap().to_string(),
        "GOAWAY 0 PROTOCOL_ERROR"
    );
}

#[tokio::test]
async fn illegal_frames_end_the_connection() {
    let illegal = [
        RawFrame::data(0, "x"),
        RawFrame::data(1, vec![0; 16_385]),
        RawFrame::window_update(0, 0),
        RawFrame::window_update(0, 0x7fff_ffff),
        RawFrame::new(Kind::PING, 0, "short"),
        RawFrame::new(Kind::SETTINGS, 0, "12345"),
        RawFrame::new(Kind::CONTINUATION, 1, "").flags(RawFrame::END_HEADERS),
        RawFrame::new(Kind::HEADERS, 1, "\u{7f}").flags(RawFrame::END_HEADERS),
    ];
    for frame in illegal {
        let (_client, response, mut peer) = called().await;
        peer.frame(frame.clone()).await.unwrap();
        assert!(response.await.is_err(), "{frame:?}");
        let answer = peer.next_frame().await.unwrap();
        assert!(
            matches!(answer, Frame::GoAway { .. }),
            "{frame:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn unknown_frames_are_skipped_by_the_client() {
    let (_client, response, mut peer) = called().await;
    peer.frame(RawFrame::new(Kind(0xfa), 1, "whatever").flags(0xff))
        .await
        .unwrap();
    peer.trailers(1, OK).await.unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
    assert!(peer.barrier().await.unwrap().frames().is_empty());
}

#[tokio::test]
async fn doubled_and_missing_parts_go_out_as_told() {
    let (_client, response, peer) = called().await;
    // no :status.
    peer.trailers(1, Fields::default()).await.unwrap();
    assert_eq!(
        response.await.unwrap_err().reason(),
        Some(h2::Reason::PROTOCOL_ERROR)
    );

    let (_client, response, peer) = called().await;
    peer.headers(1, OK).await.unwrap();
    // a second block that ends nothing.
    peer.headers(1, [("grpc-status", "0")]).await.unwrap();
    let error = read_all(response.await.unwrap()).await.unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR));
    assert_eq!(peer.reset_of(1).await.unwrap(), Reason::PROTOCOL_ERROR);
}
