use std::fmt;

/// The seventeen status codes of gRPC.
///
/// The order and the numbers are those of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The call was cancelled, as a rule by its caller.
    Cancelled = 1,
    /// Nothing better is known, or the code came from another world.
    Unknown = 2,
    /// The request is wrong whatever the state of the server.
    InvalidArgument = 3,
    /// The deadline passed before the call ended; it may have been executed.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be made exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A quota, a limit or memory is used up.
    ResourceExhausted = 8,
    /// The server is not in the state the call needs; repeating it does not help.
    FailedPrecondition = 9,
    /// A conflict ended the call; repeat it at a higher level.
    Aborted = 10,
    /// The request reaches past the valid range.
    OutOfRange = 11,
    /// The server does not have this method, or the answer broke its shape.
    Unimplemented = 12,
    /// An invariant is broken: the protocol, a message, or the server itself.
    Internal = 13,
    /// The server cannot be reached now; repeating the call may help.
    Unavailable = 14,
    /// Data is lost or damaged beyond repair.
    DataLoss = 15,
    /// The caller did not prove who it is.
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
    /// The code of this number, or `None` for a number gRPC does not define.
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?;
        CODES.get(index).map(|&(code, _)| code)
    }

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The specification's name, such as `NOT_FOUND`.
    pub const fn name(self) -> &'static str {
        CODES[self as usize].1
    }

    /// Whether a gRPC library may make this code up by itself.
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
        //
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
