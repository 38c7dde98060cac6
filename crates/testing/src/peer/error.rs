//! What ends a script early.

use std::{error::Error, fmt, io, sync::Arc};

use super::Reason;

/// Tells why the peer could not do what its script asked for.
///
/// Scripts return it, so that `?` ends them and [`Script::finish`](super::Script::finish) shows why. Clones share the
/// cause.
///
/// ```
/// use ziggurat_testing::peer::{PeerError, Reason};
///
/// let error = PeerError::Reset { stream: 1, reason: Reason::CANCEL };
/// assert_eq!(error.to_string(), "the client reset stream 1 with CANCEL");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PeerError {
    /// The socket or pipe failed.
    Io(Arc<io::Error>),
    /// The client closed its side, or the script had closed the peer's.
    Closed,
    /// The first bytes from the client are not the HTTP/2 preface.
    Preface,
    /// The client sent what is not HTTP/2; says what.
    Malformed(String),
    /// The client reset the stream the script was waiting for.
    Reset {
        /// The stream that ended.
        stream: u32,
        /// The code the client gave.
        reason: Reason,
    },
}

impl PeerError {
    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the connection to the client failed"),
            Self::Closed => f.write_str("the connection is closed"),
            Self::Preface => f.write_str("the client did not begin with the HTTP/2 preface"),
            Self::Malformed(what) => write!(f, "the client sent what is not HTTP/2: {what}"),
            Self::Reset { stream, reason } => {
                write!(f, "the client reset stream {stream} with {reason}")
            }
        }
    }
}

impl Error for PeerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PeerError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}
