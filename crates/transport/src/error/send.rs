use std::{error::Error as StdError, fmt, mem};

use http::{Extensions, Request};

use super::Error;

/// Why a request failed, and the request itself if it provably never left (L-13, C-30).
///
/// A layer around a connection passes it on as it is, or makes one where it refuses a request. It brings the extensions of
/// the request back to the channel, for the next attempt.
///
/// ```
/// use http::Request;
/// use ziggurat_transport::{Error, SendError};
///
/// let request = Request::new("latte");
/// let (error, back) = SendError::unsent(Error::other("no beans"), request).into_parts();
/// assert_eq!(error.to_string(), "a layer refused the request: no beans");
/// // It goes to the next connection of the channel.
/// assert_eq!(back.map(|request| *request.body()), Some("latte"));
/// ```
pub struct SendError<B> {
    error: Error,
    request: Option<Box<Request<B>>>,
    /// Those of a request that may have left; one that has not has its own.
    extensions: Extensions,
}

impl<B> SendError<B> {
    /// Says that the request may have left.
    pub fn new(error: Error) -> Self {
        Self {
            error,
            request: None,
            extensions: Extensions::new(),
        }
    }

    /// Says that the request never left, and hands it back.
    ///
    /// A [`Channel`](crate::Channel) sends it over another connection, and does not use this one again.
    pub fn unsent(error: Error, request: Request<B>) -> Self {
        Self {
            request: Some(Box::new(request)),
            ..Self::new(error)
        }
    }

    /// The error.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Gives the request its extensions back, which did not leave with it.
    pub(crate) fn with_extensions(mut self, extensions: Extensions) -> Self {
        *self.extensions() = extensions;
        self
    }

    /// Takes the extensions of the request, for its next attempt.
    pub(crate) fn take_extensions(&mut self) -> Extensions {
        mem::take(self.extensions())
    }

    fn extensions(&mut self) -> &mut Extensions {
        match &mut self.request {
            Some(request) => request.extensions_mut(),
            None => &mut self.extensions,
        }
    }

    /// Takes it apart: the error, and the request if it never left.
    pub fn into_parts(self) -> (Error, Option<Box<Request<B>>>) {
        (self.error, self.request)
    }
}

impl<B> From<Error> for SendError<B> {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl<B> fmt::Display for SendError<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<B> fmt::Debug for SendError<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError")
            .field("error", &self.error)
            .field("is_unsent", &self.request.is_some())
            .finish_non_exhaustive()
    }
}

impl<B> StdError for SendError<B> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}
