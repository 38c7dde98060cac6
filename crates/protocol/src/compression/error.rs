use std::{error::Error, fmt, io};

/// Why a message could not be decompressed.
///
/// An I/O error, with `?`, is [`Corrupt`](Self::Corrupt).
#[derive(Debug)]
#[non_exhaustive]
pub enum DecompressError {
    /// There is more than the receive limit allows: RESOURCE_EXHAUSTED.
    OverLimit,
    /// The message is not what its encoding says: INTERNAL.
    Corrupt(io::Error),
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OverLimit => "the message is longer than the limit",
            Self::Corrupt(_) => "the message is corrupt",
        })
    }
}

impl Error for DecompressError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OverLimit => None,
            Self::Corrupt(cause) => Some(cause),
        }
    }
}

impl From<io::Error> for DecompressError {
    fn from(cause: io::Error) -> Self {
        Self::Corrupt(cause)
    }
}

impl From<io::ErrorKind> for DecompressError {
    fn from(kind: io::ErrorKind) -> Self {
        Self::Corrupt(kind.into())
    }
}
