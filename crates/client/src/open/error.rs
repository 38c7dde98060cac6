use std::{error::Error, fmt};

use ziggurat_protocol::{Code, Status};

/// A rule of opened calls that was broken; the source of an INTERNAL status.
///
/// Only what breaks it fails: the call itself goes on. It is a mistake of the program.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use std::error::Error;
/// use ziggurat::{Client, open::Misuse};
///
/// let mut call = Client::new(cafe()).open().bidi(&CHAT);
/// call.end().await?;
/// let status = call.end().await.unwrap_err();
/// assert!(status.cause().is_some_and(|source| source.is::<Misuse>()));
/// assert_eq!(call.recv().await?, None); // the server's answer is not touched
/// # Ok(()) }) }
/// ```
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
/// It is a signal to read the answer, not how the call ended (A-147). A server may end a call with
/// any status, OK too, before it has read the whole request (A-85).
///
/// ```
/// use std::error::Error;
/// use ziggurat::{Status, open::Over};
///
/// /// Whether a failed `send` says no more than that the answer is to be read.
/// fn is_over(status: &Status) -> bool {
///     status.cause().is_some_and(|source| source.is::<Over>())
/// }
/// # let _ = is_over;
/// ```
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
