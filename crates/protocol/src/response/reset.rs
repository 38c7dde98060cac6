use crate::{Code, Status};

/// The names of HTTP/2's error codes, by number.
const NAMES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// What a stream becomes that was reset with this HTTP/2 error code before a status came (A-105).
///
/// The text names the code and its number.
///
/// | HTTP/2 | the call ends with |
/// |---|---|
/// | REFUSED_STREAM | UNAVAILABLE |
/// | CANCEL | CANCELLED |
/// | ENHANCE_YOUR_CALM | RESOURCE_EXHAUSTED |
/// | INADEQUATE_SECURITY | PERMISSION_DENIED |
/// | any other that HTTP/2 defines, NO_ERROR too | INTERNAL |
/// | a number it does not define | UNKNOWN |
///
/// ```
/// use ziggurat::{Code, protocol::response};
///
/// let status = response::reset(0x7);
/// assert_eq!(status.code(), Code::Unavailable);
/// assert_eq!(status.message(), "the stream was reset with REFUSED_STREAM (0x7)");
/// ```
pub fn reset(code: u32) -> Status {
    let name = usize::try_from(code)
        .ok()
        .and_then(|index| NAMES.get(index));
    let name = name.copied().unwrap_or("an unknown code");
    let text = match code {
        11 => format!(
            "the stream was reset with {name} ({code:#x}): the server asks for less, bandwidth is used up"
        ),
        _ => format!("the stream was reset with {name} ({code:#x})"),
    };
    Status::local(grpc_code(code), text)
}

fn grpc_code(code: u32) -> Code {
    match code {
        0x0..=0x6 | 0x9 | 0xa | 0xd => Code::Internal,
        0x7 => Code::Unavailable,
        0x8 => Code::Cancelled,
        0xb => Code::ResourceExhausted,
        0xc => Code::PermissionDenied,
        _ => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_http2() {
        // A-105
        for (code, expected) in [
            (0x0, Code::Internal),
            (0x1, Code::Internal),
            (0x2, Code::Internal),
            (0x3, Code::Internal),
            (0x4, Code::Internal),
            (0x5, Code::Internal),
            (0x6, Code::Internal),
            (0x7, Code::Unavailable),
            (0x8, Code::Cancelled),
            (0x9, Code::Internal),
            (0xa, Code::Internal),
            (0xb, Code::ResourceExhausted),
            (0xc, Code::PermissionDenied),
            (0xd, Code::Internal),
            (0xe, Code::Unknown),
            (u32::MAX, Code::Unknown),
        ] {
            assert_eq!(reset(code).code(), expected, "{code:#x}");
        }
        for (code, name) in (0..).zip(NAMES) {
            let status = reset(code);
            assert!(status.message().contains(name), "{status}");
            assert!(status.is_local());
        }
        assert!(reset(11).message().contains("bandwidth"));
        assert!(reset(0xff).message().contains("0xff"));
    }
}
