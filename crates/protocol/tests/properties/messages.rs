//! `grpc-message`: percent-encoded text of anybody's making.

use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::{collection::vec, prelude::*};
use ziggurat_protocol::{
    Code, Status,
    response::{self, GRPC_MESSAGE, GRPC_STATUS},
};

use crate::{config, text};

/// The text of a failure whose `grpc-message` is this.
fn decoded(raw: &[u8]) -> String {
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("5"));
    trailers.insert(GRPC_MESSAGE, HeaderValue::from_bytes(raw).unwrap());
    let status = response::trailers(StatusCode::OK, &trailers).unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    status.message().to_owned()
}

/// What a header may hold, with many percent signs.
fn raw() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        2 => Just(b'%'),
        3 => prop::sample::select(b"0123456789abcdefABCDEF".as_slice()),
        1 => 0x20..=0x7eu8,
        1 => 0x80..=0xffu8,
    ];
    vec(byte, 0..40)
}

/// What a status may say, escapes that are none included.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![text(40), "(%[0-9a-fA-F]{0,2}|[ -~]){0,12}"]
}

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn everything_is_decoded_somehow(raw in raw()) {
        let text = decoded(&raw);
        // A byte becomes at most the three of a replacement character.
        prop_assert!(text.len() <= 3 * raw.len());
    }

    ///
    #[test]
    fn what_is_not_escaped_stays(text in "[ -$&-~]{0,40}") {
        prop_assert_eq!(decoded(text.as_bytes()), text);
    }

    ///
    #[test]
    fn what_is_written_is_read(text in texts()) {
        let mut headers = HeaderMap::new();
        response::write(&Status::new(Code::Aborted, text.clone()), &mut headers);
        if let Some(raw) = headers.get(GRPC_MESSAGE) {
            prop_assert!(raw.as_bytes().iter().all(|byte| (0x20..=0x7e).contains(byte)));
        }
        let read = response::trailers(StatusCode::OK, &headers).unwrap_err();
        prop_assert_eq!(read.message(), text);
    }
}
