//! SETTINGS that make no sense, the server's and one's own.

use std::time::Duration;

use ziggurat::{
    Channel, Code, Status,
    channel::{Backoff, Http2Options, KeepaliveOptions},
};
use ziggurat_examples::cafe::LatteOrder;
use ziggurat_testing::peer::{Options, Peer, PeerError, Setting};

use crate::{assert_status, cafe, failure, run, server::says};

/// How an attempt to connect ends that has 100 ms.
async fn attempt(url: &str) -> Status {
    let channel = Channel::builder(url).unwrap();
    let channel = channel.connect_timeout(Duration::from_millis(100));
    channel.connect().await.unwrap_err()
}

/// A SETTINGS frame of one value.
fn settings(id: u8, value: u32) -> Vec<u8> {
    let mut frame = vec![0, 0, 6, 4, 0, 0, 0, 0, 0, 0, id];
    frame.extend(value.to_be_bytes());
    frame
}

#[test]
fn that_http_2_forbids() {
    // each is told at once, with the server and what is wrong.
    run(async {
        for (what, frame) in [
            ("ENABLE_PUSH of 2", settings(2, 2)),
            ("a window of 2^31", settings(4, 1 << 31)),
            ("the largest window", settings(4, u32::MAX)),
            ("frames of 16,383", settings(5, 16_383)),
            ("frames of 2^24", settings(5, 1 << 24)),
            ("five bytes", vec![0, 0, 5, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
            ("on a stream", vec![0, 0, 0, 4, 0, 0, 0, 0, 1]),
            (
                "an answer with values",
                vec![0, 0, 6, 4, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1],
            ),
        ] {
            let url = says(frame).await;
            let status = attempt(&url).await;
            let text = format!("the server at {url} does not speak HTTP/2: ");
            assert!(status.message().starts_with(&text), "{what}: {status}");
            assert_eq!(status.code(), Code::Unavailable, "{what}");
            assert!(status.is_local() && status.cause().is_some(), "{what}");
            assert_eq!(failure(&url).await.message(), status.message(), "{what}");
        }
    });
}

#[test]
fn instead_of_which_something_else_comes() {
    //
    run(async {
        for (bytes, cause) in [
            (
                &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
                "it answered in HTTP/1",
            ),
            (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
            (b"220 mail.example ESMTP\r\n", ""),
            (b"\x00\x00\x08\x06\x00\x00\x00\x00\x00pingping", ""),
            (&[0xff; 100], ""),
        ] {
            let url = says(bytes).await;
            let status = attempt(&url).await;
            let text = format!("the server at {url} does not speak HTTP/2: ");
            assert!(status.message().starts_with(&text), "{status}");
            assert_status(&status, Code::Unavailable, &[cause]);
        }
    });
}

#[test]
fn that_allow_no_stream() {
    // D-22, A-116
    run(async {
        let url = says(settings(3, 0)).await;
        let status = attempt(&url).await;
        // It hung up behind them.
        assert_status(&status, Code::Unavailable, &[&url]);

        let peer = Peer::bind().await.unwrap();
        let url = peer.url().unwrap();
        let options = Options::new().settings([(Setting::MAX_CONCURRENT_STREAMS, 0)]);
        let (status, conn) = tokio::join!(attempt(&url), peer.accept_with(options));
        let text = format!(
            "cannot connect to {url}: it accepted, but allowed no HTTP/2 stream within 100ms"
        );
        assert_eq!(status.message(), text);
        conn.unwrap().closed().await.unwrap();
    });
}

#[test]
fn that_are_odd_and_legal() {
    // calls go on.
    run(async {
        let settings = [
            (Setting::HEADER_TABLE_SIZE, u32::MAX),
            (Setting::ENABLE_PUSH, 1),
            (Setting::MAX_CONCURRENT_STREAMS, u32::MAX),
            (Setting::INITIAL_WINDOW_SIZE, (1 << 31) - 1),
            (Setting::MAX_FRAME_SIZE, (1 << 24) - 1),
            (Setting::MAX_HEADER_LIST_SIZE, 0),
        ];
        let peer = Peer::bind().await.unwrap();
        let url = peer.url().unwrap();
        let serve = async {
            let mut conn = peer.accept_with(Options::new().settings(settings)).await?;
            let stream = conn.request().await?.stream;
            conn.respond_ok(stream, [""]).await?;
            Ok::<_, PeerError>(conn)
        };
        let call = cafe(&url).make_latte(LatteOrder::default());
        let (told, served) = tokio::join!(call.send(), serve);
        served.unwrap();
        told.unwrap();
    });
}

#[test]
fn of_ones_own_out_of_range() {
    // Each names the setting, what it may be, and what it was.
    let new = Http2Options::new;
    let (window, frame) = ("65535 to 2147483647 bytes", "16384 to 16777215 bytes");
    for (result, text) in [
        (
            new().stream_window(65_534),
            format!("the stream window may be {window}, not 65534"),
        ),
        (
            new().stream_window(1 << 31),
            format!("the stream window may be {window}, not 2147483648"),
        ),
        (
            new().connection_window(0),
            format!("the connection window may be {window}, not 0"),
        ),
        (
            new().connection_window(u32::MAX),
            format!("the connection window may be {window}, not 4294967295"),
        ),
        (
            new().max_frame(16_383),
            format!("the frame size may be {frame}, not 16383"),
        ),
        (
            new().max_frame(1 << 24),
            format!("the frame size may be {frame}, not 16777216"),
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), text);
    }
    for bytes in [65_535, (1 << 31) - 1] {
        new()
            .stream_window(bytes)
            .unwrap()
            .connection_window(bytes)
            .unwrap();
    }
    new().max_frame((1 << 24) - 1).unwrap();
}

#[test]
fn of_ones_own_that_are_bounded() {
    // D-24, E-1: what has no error is bounded, and no clock overflows.
    run(async {
        let url = says("").await;
        let keepalive = KeepaliveOptions::every(Duration::ZERO);
        assert_eq!(keepalive, KeepaliveOptions::every(Duration::from_secs(10)));
        let longest = KeepaliveOptions::every(Duration::MAX)
            .timeout(Duration::MAX)
            .doubled();
        for keepalive in [keepalive.timeout(Duration::ZERO), longest] {
            let backoff = Backoff::new()
                .initial(Duration::MAX)
                .recovery(Duration::MAX)
                .max(Duration::MAX)
                .multiplier(f64::INFINITY)
                .jitter(f64::NAN);
            let builder = Channel::builder(&url).unwrap();
            let builder = builder
                .keepalive(keepalive)
                .backoff(backoff)
                .connect_timeout(Duration::MAX)
                .idle_timeout(Duration::MAX)
                .connections(0)
                .max_connections(0)
                .resend_limit(usize::MAX)
                .resend_total(usize::MAX);
            let status = builder.connect().await.unwrap_err();
            assert_status(&status, Code::Unavailable, &[&url]);
        }
    });
}
