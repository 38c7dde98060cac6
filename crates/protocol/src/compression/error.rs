use std::{error::Error, fmt, io};

/// Why a message could not be decompressed.
///
/// An I/O error, with `?`, is [`Corrupt`](Self::Corrupt).
///
/// ```
/// use std::io::{self, Read};
/// use ziggurat::compression::DecompressError;
///
/// /// Reads four bytes, or says that the message is corrupt.
/// fn checksum(mut tail: &[u8]) -> Result<[u8; 4], DecompressError> {
///     let mut sum = [0; 4];
///     tail.read_exact(&mut sum)?;
///     Ok(sum)
/// }
///
/// assert!(matches!(checksum(b"abc"), Err(DecompressError::Corrupt(_))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum DecompressError {
    /// There is more than the receive limit allows: RESOURCE_EXHAUSTED (A-57).
    OverLimit,
    /// The message is not what its encoding says: INTERNAL (A-51).
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
