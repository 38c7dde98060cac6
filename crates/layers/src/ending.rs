//! How an answer ends whose end was decided here: after its trailers `None`, then once the cause.

use std::mem;

use http::HeaderMap;
use http_body::Frame;
use ziggurat_protocol::{BoxError, Status, response};

/// What a body still has to give after the trailers that were made for it.
///
/// A body ends as any other, with trailers and `None`. Whoever polls it once more gets the cause, with its type.
#[derive(Debug, Default)]
pub(crate) enum Ending {
    /// `None` is due.
    Trailers(BoxError),
    /// `None` was given.
    Asked(BoxError),
    /// There is nothing more.
    #[default]
    Over,
}

impl Ending {
    /// The trailers of a status made here, and what follows them.
    pub(crate) fn of(status: &Status, cause: BoxError) -> (HeaderMap, Self) {
        let mut trailers = HeaderMap::new();
        response::write(status, &mut trailers);
        (trailers, Self::Trailers(cause))
    }

    /// What the next poll of the body gives.
    pub(crate) fn next<D>(&mut self) -> Option<Result<Frame<D>, BoxError>> {
        match mem::take(self) {
            Self::Trailers(cause) => {
                *self = Self::Asked(cause);
                None
            }
            Self::Asked(cause) => Some(Err(cause)),
            Self::Over => None,
        }
    }
}
