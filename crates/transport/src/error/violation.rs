use std::{error::Error, fmt, io};

/// Why what came first is not HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    Http1,
    Tls,
    NotSettings,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "it answered in HTTP/1",
            Self::Tls => "it answered with TLS, for which the target is https://",
            Self::NotSettings => "its first frame is not SETTINGS",
        })
    }
}

impl Error for Violation {}

impl From<Violation> for io::Error {
    fn from(violation: Violation) -> Self {
        Self::new(io::ErrorKind::InvalidData, violation)
    }
}
