//! Base64 of `-bin` values.

use std::{error::Error, fmt};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// Writes without padding, reads both (A-29, A-30).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(crate) fn encode(value: &[u8]) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(BASE64.encode(value)))
        .expect("base64 is legal in a header")
}

/// The values of one field: pieces between commas, each base64.
pub(super) fn values(field: &[u8]) -> impl Iterator<Item = Result<Bytes, InvalidBinary>> {
    field.split(|&byte| byte == b',').map(|piece| {
        let decoded = BASE64.decode(piece.trim_ascii()).map(Bytes::from);
        decoded.map_err(InvalidBinary)
    })
}

/// The value of a protocol key of ours if there is exactly one and it can be read (A-31, A-99).
pub(crate) fn only_value(headers: &HeaderMap, name: &str) -> Option<Bytes> {
    let mut all = (headers.get_all(name).into_iter()).flat_map(|field| values(field.as_bytes()));
    match (all.next(), all.next()) {
        (Some(Ok(value)), None) => Some(value),
        _ => None,
    }
}

/// A value of a `-bin` key that is not base64; the other values can be read (A-31).
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use ziggurat::Metadata;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-trace-bin", HeaderValue::from_static("not base64"));
/// let received = Metadata::from_received(headers);
///
/// assert!(received.get_bin("x-trace-bin").unwrap().is_err());
/// assert_eq!(received.raw("x-trace-bin").next().unwrap(), "not base64");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBinary(base64::DecodeError);

impl fmt::Display for InvalidBinary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of binary metadata is not base64: {}", self.0)
    }
}

impl Error for InvalidBinary {}
