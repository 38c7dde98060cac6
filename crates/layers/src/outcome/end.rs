use std::error::Error;

use ziggurat_protocol::{Code, Status};

use crate::status::classify;

/// How a call ended.
///
/// ```
/// use std::io;
/// use ziggurat::{Code, layers::outcome::End};
///
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// assert_eq!(End::Failed(&refused).code(), Code::Unavailable);
/// assert_eq!(End::Dropped.code(), Code::Cancelled);
/// assert_eq!(End::Finished(Ok(())).code(), Code::Ok);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum End<'a> {
    /// With a status, the server's or one made on this side.
    Finished(Result<(), Status>),
    /// With an error instead of an answer, or in its body: nobody has turned it into a status yet.
    Failed(&'a (dyn Error + Send + Sync + 'static)),
    /// By being dropped before its end.
    Dropped,
}

impl End<'_> {
    /// The code, as the caller sees it: of an error the one it [stands for](crate::status::from_error), CANCELLED of
    /// what was dropped.
    pub fn code(&self) -> Code {
        match self {
            Self::Finished(Ok(())) => Code::Ok,
            Self::Finished(Err(status)) => status.code(),
            Self::Failed(error) => classify(*error).code(),
            Self::Dropped => Code::Cancelled,
        }
    }
}
