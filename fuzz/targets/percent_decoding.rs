//! `grpc-message`: every header is some text, the one that a plain reading of the rule gives.
#![no_main]

use http::{HeaderMap, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use ziggurat_protocol::{
    Code, Status,
    response::{self, GRPC_MESSAGE, GRPC_STATUS},
};

fn decoded(raw: HeaderValue) -> Status {
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("5"));
    trailers.insert(GRPC_MESSAGE, raw);
    response::trailers(StatusCode::OK, &trailers).expect_err("the number is 5")
}

/// A percent sign and two hexadecimal digits are a byte, everything else is itself.
fn expected(mut raw: &[u8]) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::new();
    while let Some((&first, rest)) = raw.split_first() {
        let escaped = match (first, rest) {
            (b'%', &[high, low, ..]) => digit(high).zip(digit(low)),
            _ => None,
        };
        let (byte, length) = match escaped {
            Some((high, low)) => ((high * 16 + low).to_le_bytes()[0], 3),
            None => (first, 1),
        };
        bytes.push(byte);
        raw = &raw[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fuzz_target!(|raw: &[u8]| {
    let text = expected(raw);
    if let Ok(header) = HeaderValue::from_bytes(raw) {
        let status = decoded(header);
        assert_eq!(
            (status.code(), status.message()),
            (Code::NotFound, text.as_str())
        );
    }

    let mut headers = HeaderMap::new();
    response::write(&Status::new(Code::Aborted, text.clone()), &mut headers);
    let read = response::trailers(StatusCode::OK, &headers).expect_err("it is ABORTED");
    assert_eq!(
        (read.code(), read.message()),
        (Code::Aborted, text.as_str())
    );
});
