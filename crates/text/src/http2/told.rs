//! Errors of HTTP/2, as sentences end.

use std::{error::Error, fmt};

use h2::Reason;

use crate::{VALUE, foreign};

/// The code of an HTTP/2 error and what else is known of it, as sentences end; made by [`reason`].
#[derive(Clone, Copy, Debug)]
pub struct Http2Reason<'a> {
    error: &'a h2::Error,
    reason: Reason,
}

/// Tells why HTTP/2 ended a stream or a connection: the code by name and number, and then what is known.
///
/// That is what the server said of a GOAWAY, or, where this side found the fault, what it may have been: h2 keeps no
/// more than the code. `None` if the error has no code, as an I/O error has none.
///
/// ```
/// let refused = h2::Error::from(h2::Reason::REFUSED_STREAM);
/// let reason = ziggurat_text::http2_reason(&refused).map(|reason| reason.to_string());
/// assert_eq!(reason.as_deref(), Some("REFUSED_STREAM (0x7)"));
/// ```
pub fn reason(error: &h2::Error) -> Option<Http2Reason<'_>> {
    let reason = error.reason()?;
    Some(Http2Reason { error, reason })
}

impl fmt::Display for Http2Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, reason } = *self;
        let number = u32::from(reason);
        match name(reason) {
            Some(name) => write!(f, "{name} ({number:#x})")?,
            None => f.write_str(&unknown(reason))?,
        }
        let shown = error.to_string();
        if let Some(said) = said(&shown) {
            // Escaped by h2, at any length.
            return write!(f, ": {}", foreign(said, VALUE));
        }
        match why(error, reason) {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

/// Whether a text names the code of an HTTP/2 error.
pub(crate) fn is_named(text: &str, cause: &(dyn Error + 'static)) -> bool {
    let code = cause.downcast_ref().and_then(h2::Error::reason);
    code.is_some_and(|code| text.contains(&name(code).unwrap_or_else(|| unknown(code))))
}

/// Whether it is an error of HTTP/2.
pub(crate) fn is_http2(error: &(dyn Error + 'static)) -> bool {
    error.is::<h2::Error>()
}

/// Whether it is the code of a reset that this side made on purpose: what wraps it says why.
pub(crate) fn is_bare_code(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<h2::Error>();
    error.is_some_and(|error| error.reason().is_some() && !error.is_go_away() && !error.is_reset())
}

/// What a code means, from the side that it comes from.
fn why(error: &h2::Error, reason: Reason) -> Option<&'static str> {
    if error.is_library() && error.is_go_away() {
        broken_connection(reason)
    } else if error.is_library() {
        broken_stream(reason)
    } else if error.is_remote() && reason == Reason::ENHANCE_YOUR_CALM {
        Some("it asks for less, bandwidth is used up")
    } else {
        None
    }
}

/// A code that HTTP/2 defines has a name.
fn name(reason: Reason) -> Option<String> {
    let name = format!("{reason:?}");
    // What h2 does not know it shows as `Reason(0x…)`.
    (!name.contains('(')).then_some(name)
}

/// What a code is called that HTTP/2 does not define.
fn unknown(reason: Reason) -> String {
    format!("the unknown code {:#x}", u32::from(reason))
}

/// The debug data of a GOAWAY, which is shown and not given: the text ends in `(b"…")`.
fn said(shown: &str) -> Option<&str> {
    let (_, data) = shown.split_once(" (b\"")?;
    data.strip_suffix("\")")
}

/// What a server may have done that this side ended its stream for.
fn broken_stream(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::PROTOCOL_ERROR => {
            "what the server sent breaks HTTP/2: a malformed header block, a second one that does not end the stream, \
             or another length than its content-length"
        }
        Reason::FLOW_CONTROL_ERROR => "the server sent more than its window allows",
        Reason::STREAM_CLOSED => "the server sent more after the end of the stream",
        _ => return None,
    })
}

/// What a server may have done that this side ended its connection for.
fn broken_connection(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::PROTOCOL_ERROR => "what the server sent is not HTTP/2",
        // What cannot be decompressed h2 calls PROTOCOL_ERROR.
        Reason::COMPRESSION_ERROR => "the server sent a header block that is too large to skip",
        Reason::FLOW_CONTROL_ERROR => "the server sent more than the window allows",
        Reason::FRAME_SIZE_ERROR => "the server sent a frame of an illegal length",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names_and_numbers() {
        // A-105
        for (code, text) in [
            (0x0, "NO_ERROR (0x0)"),
            (0x1, "PROTOCOL_ERROR (0x1)"),
            (0xd, "HTTP_1_1_REQUIRED (0xd)"),
            (0xe, "the unknown code 0xe"),
            (u32::MAX, "the unknown code 0xffffffff"),
        ] {
            let error = h2::Error::from(Reason::from(code));
            assert_eq!(reason(&error).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_goaway_says_is_found() {
        // L-11
        let shown =
            r#"connection error received: not a result of an error (b"bye \"now\" (b\"x\")")"#;
        assert_eq!(said(shown), Some(r#"bye \"now\" (b\"x\")"#));
        assert_eq!(
            said("connection error received: not a result of an error"),
            None
        );
    }
}
