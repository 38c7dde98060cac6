use std::time::Duration;

use super::{Http2Options, KeepaliveOptions, Windows};

#[test]
fn what_http2_does_not_allow_is_a_typed_error() {
    let options = Http2Options::new;
    let table = [
        (
            options().stream_window(65_534),
            "the stream window may be 65535 to 2147483647 bytes, not 65534",
        ),
        (
            options().connection_window(1 << 31),
            "the connection window may be 65535 to 2147483647 bytes, not 2147483648",
        ),
        (
            options().max_frame(16_383),
            "the frame size may be 16384 to 16777215 bytes, not 16383",
        ),
        (
            options().max_frame(1 << 24),
            "the frame size may be 16384 to 16777215 bytes, not 16777216",
        ),
    ];
    for (options, text) in table {
        assert_eq!(options.unwrap_err().to_string(), text);
    }
    for bytes in [65_535, (1 << 31) - 1] {
        assert!(options().stream_window(bytes).is_ok());
        assert!(options().connection_window(bytes).is_ok());
    }
    assert!(options().max_frame((1 << 24) - 1).is_ok());
}

#[test]
fn a_size_ends_adaptive_windows() {
    // L-25
    let adaptive = Http2Options::new().adaptive_window();
    assert_eq!(adaptive.windows, Windows::Adaptive);
    let fixed = adaptive.stream_window(100_000).unwrap();
    let expected = Http2Options::new().stream_window(100_000).unwrap();
    assert_eq!(fixed, expected);
}

#[test]
fn the_interval_of_keepalive_is_within_reason() {
    // E-1, E-2, E-8
    let seconds = Duration::from_secs;
    let table = [(0, 10), (9, 10), (10, 10), (11, 11), (300, 300)];
    for (given, kept) in table {
        assert_eq!(
            KeepaliveOptions::every(seconds(given)).interval,
            seconds(kept)
        );
    }
    let keepalive = KeepaliveOptions::every(seconds(60));
    assert_eq!(keepalive.timeout, seconds(20));
    assert_eq!(keepalive.doubled().doubled().interval, seconds(240));
    let forever = KeepaliveOptions::every(Duration::MAX).timeout(Duration::MAX);
    assert_eq!(forever.clone().doubled(), forever);
    // A clock can add both.
    let _ = tokio::time::Instant::now() + forever.interval + forever.timeout;
}
