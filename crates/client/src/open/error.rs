use std::{error::Error, fmt};

use ziggurat_protocol::{Code, Status};

/// A rule of opened calls that was broken; the source of an INTERNAL status. The call itself goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// A message was sent after the end of the request.
    SendAfterEnd,
    /// The request was ended twice.
    EndTwice,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SendAfterEnd => "a message cannot be sent after the request was ended",
            Self::EndTwice => "the request was ended before",
        })
    }
}

impl Error for Misuse {}

impl From<Misuse> for Status {
    fn from(misuse: Misuse) -> Self {
        Self::local(Code::Internal, misuse.to_string()).with_source(misuse)
    }
}

/// Nothing can be sent any more since the call is over; the source of a CANCELLED status.
///
/// It is a signal to read the answer, not how the call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Over;

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the call is over and sends nothing any more: read its answer to see how it ended",
        )
    }
}

impl Error for Over {}

impl From<Over> for Status {
    fn from(over: Over) -> Self {
        Self::local(Code::Cancelled, over.to_string()).with_source(over)
    }
}
