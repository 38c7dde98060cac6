//! Turns an HTTP answer into a gRPC outcome: the one place that decides how a call ended.
//!
//! [`head`] looks at the first header block, [`trailers`] at the last; [`missing_trailers`],
//! [`truncated`] and [`reset`] say what becomes of an answer that ended without one. A layer that
//! answers a call by itself writes its status with [`trailers_only`] or [`write()`]; one that wants
//! to know how a call went reads the answer with [`Outcome::of`].
//!
//! ```text
//!             ┌─ no gRPC: the HTTP status ───────────────────────────▶ Err(status)
//! head ───────┼─ the last block: Trailers-Only ─▶ trailers ──┬───────▶ Ok
//!             └─ Open: messages ─┬─ the last block ─▶ trailers ┴───────▶ Err(status)
//!                                ├─ END_STREAM without it ─▶ missing_trailers, truncated
//!                                └─ RST_STREAM ────────────▶ reset
//! ```
//!
//! # Example
//!
//! ```
//! use http::{HeaderMap, StatusCode};
//! use ziggurat::{Code, protocol::response::{self, Head}};
//!
//! // A proxy that answers for a server it cannot reach.
//! let head = response::head(StatusCode::BAD_GATEWAY, &HeaderMap::new(), false);
//! let Head::Finished(Err(status)) = head else { panic!() };
//! assert_eq!(status.code(), Code::Unavailable);
//! ```

mod outcome;
mod reset;

pub use outcome::{Outcome, Pushback};
pub use reset::reset;

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};
use prost::Message;
use ziggurat_text::{TEXT, VALUE, foreign};

use crate::{Code, Status, metadata, status::RpcStatus};

/// The header and trailer `grpc-status`: the number of a [`Code`].
pub const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The header and trailer `grpc-message`: a text, percent-encoded (A-95).
pub const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// The header and trailer `grpc-status-details-bin`: base64 of a [`RpcStatus`] (A-98).
pub const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
/// The header `grpc-encoding`: how compressed messages are compressed (A-10).
pub const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The header `grpc-accept-encoding`: which compressed messages are read (A-10).
pub const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// What the first header block of an answer says.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use ziggurat::{Code, protocol::response::{Head, head}};
///
/// // Nothing of gRPC, and nothing behind it.
/// match head(StatusCode::NOT_FOUND, &HeaderMap::new(), true) {
///     Head::Finished(Err(status)) => assert_eq!(status.code(), Code::Unimplemented),
///     other => panic!("not expected: {other:?}"),
/// }
/// ```
#[derive(Clone, Debug)]
pub enum Head {
    /// Messages and trailers follow; how the call ends is not known yet.
    Open,
    /// The call is over: a Trailers-Only answer, or none of gRPC.
    Finished(Result<(), Status>),
}

/// Reads the first header block; `end_stream` says that nothing follows it (A-70 … A-76).
///
/// A `grpc-status` in a block that something follows is ignored (A-75). An answer that is not gRPC
/// has the status of its HTTP status, by [`http_code`] (A-73); a `grpc-status` and a `grpc-message`
/// beside it do not count, but are shown. One block without any content-type that has a readable
/// `grpc-status` is a Trailers-Only answer all the same: there are servers that answer unknown
/// methods so.
///
/// ```
/// use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
/// use ziggurat::protocol::response::{GRPC_STATUS, Head, head};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(CONTENT_TYPE, "application/grpc".parse()?);
/// headers.insert(GRPC_STATUS, 0.into());
/// assert!(matches!(head(StatusCode::OK, &headers, true), Head::Finished(Ok(()))));
/// assert!(matches!(head(StatusCode::OK, &headers, false), Head::Open));
/// # Ok::<_, http::header::InvalidHeaderValue>(())
/// ```
pub fn head(http: StatusCode, headers: &HeaderMap, end_stream: bool) -> Head {
    if !is_grpc(headers, end_stream) {
        Head::Finished(Err(not_grpc(http, headers)))
    } else if end_stream {
        Head::Finished(trailers(http, headers))
    } else {
        Head::Open
    }
}

/// Whether this is the first header block of a gRPC answer; `end_stream` says that nothing follows it.
///
/// Its content-type decides (A-72): `application/grpc` in any case, alone or with a `+subtype` or
/// parameters. Without any content-type, a block that nothing follows is one if it says how the
/// call ended (A-73).
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
/// use ziggurat::protocol::response::is_grpc;
///
/// let of_type = |text| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(text))]);
/// assert!(is_grpc(&of_type("application/grpc+proto"), false));
/// assert!(!is_grpc(&of_type("text/html"), true));
/// ```
pub fn is_grpc(headers: &HeaderMap, end_stream: bool) -> bool {
    match values(headers, CONTENT_TYPE).next() {
        Some(value) => subtype(value).is_some(),
        None => end_stream && has_status(headers),
    }
}

/// Whether trailers say how the call ended.
///
/// That is one number, if repeated then always the same (A-80, A-81, A-83). Such trailers are
/// well-formed, whatever the number means. To read them is what [`trailers`] does.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use ziggurat::protocol::response::{GRPC_STATUS, has_status};
///
/// let of_status = |text| HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static(text))]);
/// assert!(has_status(&of_status("14")));
/// assert!(!has_status(&of_status("UNAVAILABLE")));
/// ```
pub fn has_status(trailers: &HeaderMap) -> bool {
    let mut values = values(trailers, GRPC_STATUS);
    (values.next()).is_some_and(|first| parse(first).is_some() && values.all(|next| next == first))
}

/// How the compressed messages of an answer are compressed, by the first header block (A-10).
///
/// It is told as it is, unknown names and `identity` too: only a message that is compressed makes it matter (A-50). If
/// there are several, the first counts.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use ziggurat::protocol::response::{self, GRPC_ENCODING};
///
/// let headers = HeaderMap::from_iter([(GRPC_ENCODING, HeaderValue::from_static("gzip"))]);
/// assert_eq!(response::encoding(&headers).unwrap(), "gzip");
/// assert!(response::encoding(&HeaderMap::new()).is_none());
/// ```
pub fn encoding(headers: &HeaderMap) -> Option<&HeaderValue> {
    values(headers, GRPC_ENCODING).next()
}

/// Checks that the answer has the subtype of the call's content type (A-77).
///
/// The bare form, `application/grpc`, has every subtype.
///
/// # Errors
///
/// INTERNAL, naming both.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
/// use ziggurat::protocol::response::expect_content_type;
///
/// let json = HeaderValue::from_static("application/grpc+json");
/// let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
/// assert!(expect_content_type(&headers, "application/grpc+json").is_ok());
/// assert!(expect_content_type(&headers, "application/grpc+proto").is_err());
/// ```
pub fn expect_content_type(headers: &HeaderMap, expected: &str) -> Result<(), Status> {
    let got = values(headers, CONTENT_TYPE).next().and_then(subtype);
    let Some(got) = got.filter(|got| !got.is_empty()) else {
        return Ok(());
    };
    match subtype_of(expected) {
        None | Some("") => Ok(()),
        Some(asked) if got.eq_ignore_ascii_case(asked) => Ok(()),
        Some(_) => Err(Status::local(
            Code::Internal,
            format!(
                "the server answers with application/grpc+{}, the call asked for {expected}",
                foreign(got, VALUE)
            ),
        )),
    }
}

/// Reads trailers; in a Trailers-Only answer they are the headers (A-74, A-76, A-80 … A-83).
///
/// The status has code, text and details; metadata is added by who reads the answer.
///
/// # Errors
///
/// Everything but `grpc-status: 0`:
///
/// | `grpc-status` | the call ends with |
/// |---|---|
/// | a number that gRPC defines | that code |
/// | another number | UNKNOWN; [`Status::number`] has it (A-82) |
/// | missing, HTTP status 200 | UNKNOWN (A-80) |
/// | missing, another HTTP status | what [`http_code`] says (A-74) |
/// | not digits, or several that differ | UNKNOWN (A-81, A-83) |
/// | contradicted by the details | INTERNAL, naming both (A-100) |
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use ziggurat::protocol::response::{self, GRPC_MESSAGE, GRPC_STATUS};
///
/// let mut trailers = HeaderMap::from_iter([(GRPC_STATUS, 5.into())]);
/// trailers.insert(GRPC_MESSAGE, "no such%20bean".parse()?);
/// let status = response::trailers(StatusCode::OK, &trailers).unwrap_err();
/// assert_eq!(status.to_string(), "NOT_FOUND: no such bean");
/// # Ok::<_, http::header::InvalidHeaderValue>(())
/// ```
pub fn trailers(http: StatusCode, trailers: &HeaderMap) -> Result<(), Status> {
    let mut values = values(trailers, GRPC_STATUS);
    let Some(first) = values.next() else {
        return Err(without_status(
            http,
            Code::Unknown,
            "the server ended the call without a grpc-status",
        ));
    };
    if values.any(|value| value != first) {
        let text = "the server sent several different grpc-status";
        return Err(Status::local(Code::Unknown, text)); // A-83
    }
    match parse(first) {
        Some(0) => Ok(()),
        Some(number) => Err(failure(number, trailers)),
        None => {
            let raw = foreign(first.as_bytes(), VALUE);
            let text = match &*message(trailers) {
                "" => format!("the server sent `{raw}` as grpc-status"),
                told => format!(
                    "the server sent `{raw}` as grpc-status: {}",
                    foreign(told, TEXT)
                ),
            };
            Err(Status::local(Code::Unknown, text)) // A-81
        }
    }
}

/// What an answer becomes that ended without trailers: INTERNAL, never OK (A-79, A-108).
///
/// With an HTTP status other than 200 it is what [`http_code`] says (A-74).
///
/// ```
/// use http::StatusCode;
/// use ziggurat::{Code, protocol::response::missing_trailers};
///
/// assert_eq!(missing_trailers(StatusCode::OK).code(), Code::Internal);
/// assert_eq!(missing_trailers(StatusCode::SERVICE_UNAVAILABLE).code(), Code::Unavailable);
/// ```
pub fn missing_trailers(http: StatusCode) -> Status {
    let text = "the server closed the stream without sending trailers";
    without_status(http, Code::Internal, text)
}

/// What an answer becomes that ended inside a message: INTERNAL (A-60).
///
/// Only if no trailers say otherwise: a status they carry is kept.
pub fn truncated() -> Status {
    Status::local(Code::Internal, "the answer ended inside a message")
}

/// The code of an HTTP status where no gRPC status came (A-90).
///
/// | HTTP | code |
/// |---|---|
/// | 400 | INTERNAL |
/// | 401 | UNAUTHENTICATED |
/// | 403 | PERMISSION_DENIED |
/// | 404 | UNIMPLEMENTED |
/// | 429, 502, 503, 504 | UNAVAILABLE |
/// | any other, 200 too | UNKNOWN |
///
/// ```
/// use http::StatusCode;
/// use ziggurat::{Code, protocol::response::http_code};
///
/// assert_eq!(http_code(StatusCode::TOO_MANY_REQUESTS), Code::Unavailable);
/// assert_eq!(http_code(StatusCode::IM_A_TEAPOT), Code::Unknown);
/// ```
pub fn http_code(http: StatusCode) -> Code {
    match http.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// Writes a status as trailers or as the headers of a Trailers-Only answer.
///
/// Its trailing metadata goes along; details too. The text is percent-encoded. What does not fit a
/// header map is left out, for writing a status never fails. A status made on this side leaves a
/// mark that [`is_local`] finds.
///
/// ```
/// use ziggurat::{Code, Status, protocol::response};
///
/// let mut trailers = http::HeaderMap::new();
/// response::write(&Status::new(Code::Aborted, "100% milk"), &mut trailers);
/// assert_eq!(trailers["grpc-status"], "10");
/// assert_eq!(trailers["grpc-message"], "100%25 milk");
/// ```
pub fn write(status: &Status, headers: &mut HeaderMap) {
    // What does not fit a header map any more is left out: a status must not fail.
    let _ = status.trailing_metadata().write_to(headers);
    // Sensitive is never on the wire: it marks what this side wrote, so that its cause is asked for.
    let mut number = HeaderValue::from(status.code().number());
    number.set_sensitive(status.is_local());
    headers.insert(GRPC_STATUS, number);
    let text = utf8_percent_encode(status.message(), ESCAPED).to_string();
    if let Some(text) = HeaderValue::try_from(text)
        .ok()
        .filter(|text| !text.is_empty())
    {
        headers.insert(GRPC_MESSAGE, text);
    }
    if let Some(details) = status.details_bytes() {
        headers.insert(GRPC_STATUS_DETAILS, metadata::base64(details));
    }
}

/// Whether trailers were written on this side, by [`write()`].
///
/// Then the body may tell the cause. The mark is not on the wire: trailers that a server sent have
/// none.
///
/// ```
/// use ziggurat::{Code, Status, protocol::response::{self, is_local}};
///
/// let mut trailers = http::HeaderMap::new();
/// response::write(&Status::local(Code::Cancelled, "nobody waits"), &mut trailers);
/// assert!(is_local(&trailers));
/// assert!(!is_local(&http::HeaderMap::new()));
/// ```
pub fn is_local(trailers: &HeaderMap) -> bool {
    (values(trailers, GRPC_STATUS).next()).is_some_and(HeaderValue::is_sensitive)
}

/// Makes a whole Trailers-Only answer of a status.
///
/// It is how a layer ends a call without asking the service below. The status is among the
/// answer's extensions too, so that its source stays. The body is the default of its
/// type and must be at its end: that tells a Trailers-Only answer (A-75). So must bodies around it.
///
/// ```
/// use ziggurat::{Code, Outcome, Status, protocol::response};
///
/// # type ResponseBody = http_body_util::Empty<&'static [u8]>;
/// let closed = Status::new(Code::Unavailable, "closed on Mondays");
/// let answer: http::Response<ResponseBody> = response::trailers_only(closed);
/// assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
/// ```
pub fn trailers_only<B: Default>(status: Status) -> http::Response<B> {
    let mut response = http::Response::new(B::default());
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    write(&status, response.headers_mut());
    response.extensions_mut().insert(status);
    response
}

/// The whole status of a finished answer, with its source if a floor left it.
///
/// That is the status among the answer's extensions if it has the same code and text; otherwise a
/// layer rewrote the answer, and what was read from it counts.
///
/// ```
/// use ziggurat::{Code, Status, protocol::response};
///
/// let left: http::Response<()> = response::trailers_only(Status::new(Code::Aborted, "spilt"));
/// let read = Status::new(Code::Aborted, "spilt");
/// let whole = response::with_local_cause(read, left.extensions());
/// assert_eq!(whole.code(), Code::Aborted);
/// ```
pub fn with_local_cause(read: Status, extensions: &http::Extensions) -> Status {
    match extensions.get::<Status>() {
        Some(left) if left.code() == read.code() && left.message() == read.message() => {
            left.clone()
        }
        _ => read,
    }
}

/// The values of a field, in order.
///
/// The fields of an answer are few, so to look at each of them is less than to hash the name.
fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
    (headers.iter()).filter_map(move |(there, value)| (*there == name).then_some(value))
}

/// What stands behind `application/grpc`: `None` if it is something else, empty for the bare form,
/// which is what most servers answer (A-72).
fn subtype(content_type: &HeaderValue) -> Option<&str> {
    if content_type == GRPC {
        return Some("");
    }
    subtype_of(content_type.to_str().ok()?)
}

/// What every content type of gRPC begins with.
const GRPC: &str = "application/grpc";

fn subtype_of(value: &str) -> Option<&str> {
    let (essence, rest) = value.split_at_checked(GRPC.len())?;
    if !essence.eq_ignore_ascii_case(GRPC) {
        return None;
    }
    let (subtype, _) = rest.split_once(';').unwrap_or((rest, ""));
    match subtype.trim().strip_prefix('+') {
        Some(subtype) => Some(subtype),
        None => subtype.trim().is_empty().then_some(""),
    }
}

fn not_grpc(http: StatusCode, headers: &HeaderMap) -> Status {
    let mut text = format!("the answer is not gRPC: HTTP {http}");
    match headers.get(CONTENT_TYPE) {
        Some(value) => {
            let value = foreign(value.as_bytes(), VALUE);
            // Writing to a string cannot fail.
            let _ = write!(text, ", content-type {value}");
        }
        None => text.push_str(", no content-type"),
    }
    // They do not count, and may still be the best that is known.
    if let Some(status) = headers.get(GRPC_STATUS) {
        let status = foreign(status.as_bytes(), VALUE);
        let _ = write!(text, ", grpc-status {status}");
    }
    let told = message(headers);
    if !told.is_empty() {
        let _ = write!(text, ", grpc-message {}", foreign(&told, TEXT));
    }
    Status::local(http_code(http), text) // A-73
}

fn without_status(http: StatusCode, code: Code, text: &'static str) -> Status {
    if http == StatusCode::OK {
        return Status::local(code, text);
    }
    Status::local(http_code(http), format!("{text}: HTTP {http}")) // A-74
}

/// One or more ASCII digits, nothing else (A-81).
fn parse(value: &HeaderValue) -> Option<u32> {
    let mut digits = (value.as_bytes().iter()).map(|&byte| char::from(byte).to_digit(10));
    let first = digits.next()??;
    digits.try_fold(first, |number, digit| {
        number.checked_mul(10)?.checked_add(digit?)
    })
}

fn failure(number: u32, trailers: &HeaderMap) -> Status {
    let status = received(number, trailers);
    if is_local(trailers) {
        status.mark_local()
    } else {
        status
    }
}

fn received(number: u32, trailers: &HeaderMap) -> Status {
    let text = message(trailers);
    let Some(details) = metadata::only_value(trailers, GRPC_STATUS_DETAILS.as_str()) else {
        return Status::received(number, text); // A-99
    };
    let inner = <RpcStatus as Message>::decode(details.clone()).ok();
    match inner.map(|inner| inner.code) {
        Some(0) => Status::received(number, text), // A-100
        Some(code) if u32::try_from(code) != Ok(number) => {
            let text = foreign(&text, TEXT);
            let text = format!("grpc-status says {number}, its details say {code}: {text}");
            Status::local(Code::Internal, text).with_details(details) // A-100
        }
        _ => Status::received(number, text).with_details(details),
    }
}

/// `grpc-message`, decoded so that no input is an error (A-95 … A-97).
fn message(trailers: &HeaderMap) -> String {
    let raw = trailers
        .get(GRPC_MESSAGE)
        .map_or(&[][..], HeaderValue::as_bytes);
    percent_decode(raw).decode_utf8_lossy().into_owned()
}

/// What `grpc-message` escapes: all but printable ASCII, and the percent sign.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

#[cfg(test)]
mod tests;
