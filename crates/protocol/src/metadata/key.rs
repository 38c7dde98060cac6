//! Which names are legal, which are the protocol's own.

use http::{HeaderName, header::CONTENT_TYPE};

use super::InvalidMetadata;

/// Names of the protocol that a received answer is stripped of.
pub(super) static CONSUMED: [HeaderName; 6] = [
    CONTENT_TYPE,
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static("grpc-message-type"),
];

/// Names of HTTP that an application may not send.
const RESERVED: [&str; 12] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "http2-settings",
];

/// Names under `grpc-` that are for applications: propagators write them.
const OPEN: [&str; 2] = ["grpc-trace-bin", "grpc-tags-bin"];

/// Checks an application's key; upper case becomes lower.
pub(super) fn parse(key: &str) -> Result<HeaderName, InvalidMetadata> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = (HeaderName::from_bytes(key.as_bytes()).ok()).filter(|_| key.bytes().all(legal));
    let name = name.ok_or_else(|| InvalidMetadata::Key(key.to_owned()))?;
    if is_sendable(name.as_str()) {
        Ok(name)
    } else {
        Err(InvalidMetadata::Reserved(key.to_owned()))
    }
}

/// Whether an application may send the name, which is in lower case.
pub(super) fn is_sendable(name: &str) -> bool {
    let of_grpc = name.starts_with("grpc-") && !OPEN.contains(&name);
    !of_grpc && !RESERVED.contains(&name)
}

/// Whether values of the key are bytes.
pub(super) fn is_binary(key: &str) -> bool {
    let end = key.len().saturating_sub(4);
    (key.as_bytes().get(end..)).is_some_and(|end| end.eq_ignore_ascii_case(b"-bin"))
}
