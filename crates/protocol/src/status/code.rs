use std::fmt;

/// The seventeen status codes of gRPC.
///
/// The order and the numbers are those of the specification; `Display` gives its names. Nine of
/// them a gRPC library may make up by itself, and the text of each says when; all others come from
/// the server or from a layer of yours (A-135, A-136).
///
/// ```
/// use ziggurat::Code;
///
/// assert_eq!(Code::NotFound.to_string(), "NOT_FOUND");
/// assert_eq!(Code::NotFound.number(), 5);
/// assert_eq!(Code::from_number(5), Some(Code::NotFound));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The call was cancelled, as a rule by its caller.
    ///
    /// Made here when the request gives up before its end, and for a stream that the server reset
    /// with CANCEL.
    Cancelled = 1,
    /// Nothing better is known, or the code came from another world.
    ///
    /// Made here for an answer without a readable `grpc-status` (A-80, A-81), for most HTTP
    /// statuses (A-90), and for errors of layers that say nothing of gRPC.
    Unknown = 2,
    /// The request is wrong whatever the state of the server.
    InvalidArgument = 3,
    /// The deadline passed before the call ended; it may have been executed.
    ///
    /// Made here when the call's own time is over (B-4).
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be made exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    ///
    /// Made here for HTTP 403 (A-90) and a stream reset with INADEQUATE_SECURITY (A-105).
    PermissionDenied = 7,
    /// A quota, a limit or memory is used up.
    ///
    /// Made here for a message over its limit, sent or received (A-57, A-58), for a stream reset
    /// with ENHANCE_YOUR_CALM (A-105), and where tower sheds load.
    ResourceExhausted = 8,
    /// The server is not in the state the call needs; repeating it does not help.
    FailedPrecondition = 9,
    /// A conflict ended the call; repeat it at a higher level.
    Aborted = 10,
    /// The request reaches past the valid range.
    OutOfRange = 11,
    /// The server does not have this method, or the answer broke its shape.
    ///
    /// Made here for HTTP 404 (A-90), and where one answer was due and none or several came
    /// (A-125).
    Unimplemented = 12,
    /// An invariant is broken: the protocol, a message, or the server itself.
    ///
    /// Made here for bad framing and missing trailers (A-47, A-79), for messages that cannot be
    /// written or read (A-61), for metadata that is illegal or too large (A-26, A-40), for most
    /// stream resets (A-105), and for HTTP 400 (A-90).
    Internal = 13,
    /// The server cannot be reached now; repeating the call may help.
    ///
    /// Made here where no connection could be made or it was lost (A-114), for a stream that the
    /// server refused (A-105), and for HTTP 429, 502, 503 and 504 (A-90).
    Unavailable = 14,
    /// Data is lost or damaged beyond repair.
    DataLoss = 15,
    /// The caller did not prove who it is.
    ///
    /// Made here for HTTP 401 (A-90).
    Unauthenticated = 16,
}

/// By number, with the specification's names.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

impl Code {
    /// The code of this number, or `None` for a number gRPC does not define (A-82).
    ///
    /// ```
    /// use ziggurat::Code;
    ///
    /// assert_eq!(Code::from_number(14), Some(Code::Unavailable));
    /// assert_eq!(Code::from_number(17), None);
    /// ```
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?;
        CODES.get(index).map(|&(code, _)| code)
    }

    /// The number on the wire, 0 to 16.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The specification's name, such as `NOT_FOUND`.
    pub const fn name(self) -> &'static str {
        CODES[self as usize].1
    }

    /// Whether a gRPC library may make this code up by itself (A-135, A-136).
    pub(crate) const fn is_made_locally(self) -> bool {
        !matches!(
            self,
            Self::Ok
                | Self::InvalidArgument
                | Self::NotFound
                | Self::AlreadyExists
                | Self::FailedPrecondition
                | Self::Aborted
                | Self::OutOfRange
                | Self::DataLoss
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for (number, (code, name)) in (0..).zip(CODES) {
            assert_eq!((code.number(), code.name()), (number, name));
            assert_eq!(Code::from_number(number), Some(code));
        }
        assert_eq!(Code::from_number(17), None);
        assert_eq!(Code::from_number(u32::MAX), None);
        assert_eq!(Code::Unauthenticated.to_string(), "UNAUTHENTICATED");
    }

    #[test]
    fn the_library_makes_nine_codes_up() {
        // A-135, A-136
        let made: Vec<_> = (CODES.iter())
            .filter(|(code, _)| code.is_made_locally())
            .map(|(_, name)| *name)
            .collect();
        let allowed = [
            "CANCELLED",
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "UNAUTHENTICATED",
        ];
        assert_eq!(made, allowed);
    }
}
