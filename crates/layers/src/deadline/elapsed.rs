use std::{error::Error, fmt};

use ziggurat_protocol::{Code, Status};

/// The deadline passed; what the call waited for (B-7).
///
/// It is the source of the status that the floor answers with, and says the same as its text:
///
/// ```
/// use std::error::Error;
/// use ziggurat::{Code, Status, layers::deadline::Elapsed};
///
/// let status = Status::from(Elapsed::Headers);
/// assert_eq!(status.code(), Code::DeadlineExceeded);
/// assert_eq!(status.message(), "the deadline passed while the call waited for response headers");
/// assert_eq!(status.cause().and_then(|cause| cause.downcast_ref()), Some(&Elapsed::Headers));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Elapsed {
    /// Nothing: the call began too late, and nothing was sent (B-6).
    Start,
    /// The inner service to be ready.
    Ready,
    /// The answer's headers.
    Headers,
    /// A message, or the trailers.
    Message,
    /// A message to send, or room for it.
    Send,
}

impl Elapsed {
    /// The status' message.
    const fn text(self) -> &'static str {
        match self {
            Self::Start => "the deadline had passed before the call began",
            Self::Ready => "the deadline passed while the call waited for the service to be ready",
            Self::Headers => "the deadline passed while the call waited for response headers",
            Self::Message => {
                "the deadline passed while the call waited for a message or the status"
            }
            Self::Send => "the deadline passed while the call waited to send a message",
        }
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Error for Elapsed {}

/// DEADLINE_EXCEEDED with this as its source.
impl From<Elapsed> for Status {
    fn from(elapsed: Elapsed) -> Self {
        Self::local(Code::DeadlineExceeded, elapsed.text()).with_source(elapsed)
    }
}
