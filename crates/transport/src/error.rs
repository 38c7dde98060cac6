//! What goes wrong between a request and its response.
//!
//! ```
//! use ziggurat_transport::error::Kind;
//!
//! /// Whether the server provably did not act on the request.
//! fn is_unprocessed(kind: &Kind) -> bool {
//!     const REFUSED_STREAM: u32 = 7;
//!     match kind {
//!         Kind::Connect | Kind::NotHttp2 | Kind::Timeout => true,
//!         Kind::Reset { code, remote } => *remote && *code == REFUSED_STREAM,
//!         Kind::GoAway { remote, .. } => *remote,
//!         _ => false,
//!     }
//! }
//! assert!(is_unprocessed(&Kind::Reset { code: 7, remote: true }));
//! ```

use std::{
    error::Error as StdError,
    fmt,
    io::{self, ErrorKind},
    iter,
    sync::Arc,
    time::Duration,
};

use h2::Reason;
use http::Request;

use crate::Target;

/// A boxed error that can cross threads, as tower names it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why there is no response, or why its body ends early.
///
/// The text names the target and the cause. `source()` leads down to the connector's error, the `h2::Error` or the
/// `io::Error`. One pointer; cloning is one reference count, because all who wait for a connection share its error.
#[derive(Clone)]
pub struct Error(Arc<Failure>);

struct Failure {
    kind: Kind,
    text: String,
    source: Option<BoxError>,
}

/// What went wrong, for those who decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The connector failed: the name is unknown, the port refuses.
    Connect,
    /// The connection was made, but what came first was not HTTP/2.
    NotHttp2,
    /// No connection became ready within the connect timeout.
    Timeout,
    /// The connection is closed or closing, and the request was not sent.
    Closed,
    /// The connection was lost, or its task is gone; the request may have left.
    Lost,
    /// The connection was ended by GOAWAY; if `remote`, the server sent it and did not act on the request.
    GoAway {
        /// The HTTP/2 error code.
        code: u32,
        /// Whether the server sent it; otherwise this side saw a violation of the protocol.
        remote: bool,
    },
    /// The stream was reset.
    Reset {
        /// The HTTP/2 error code.
        code: u32,
        /// Whether the server sent it.
        remote: bool,
    },
    /// The sender of the request gave the call up.
    GivenUp,
    /// HTTP/2 cannot carry the request, or a layer of yours refused it.
    Other,
}

impl Error {
    /// Wraps the error of a layer that refuses a request; its kind is [`Kind::Other`].
    pub fn other(source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self::new(Kind::Other, source.to_string(), source)
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    fn new(kind: Kind, text: String, source: impl Into<Option<BoxError>>) -> Self {
        let source = source.into();
        Self(Arc::new(Failure { kind, text, source }))
    }

    pub(crate) fn connect(target: &Target, source: BoxError) -> Self {
        let text = format!("cannot connect to {target}: {source}");
        Self::new(Kind::Connect, text, source)
    }

    pub(crate) fn connect_timeout(target: &Target, after: Duration) -> Self {
        let text = format!("cannot connect to {target}: no answer within {after:?}");
        Self::new(Kind::Timeout, text, None)
    }

    pub(crate) fn settings_timeout(target: &Target, after: Duration) -> Self {
        let text = format!(
            "cannot connect to {target}: the server accepted, but allowed no HTTP/2 stream within {after:?}"
        );
        Self::new(Kind::Timeout, text, None)
    }

    pub(crate) fn closed(target: &Target) -> Self {
        let text = format!("the connection to {target} is closed");
        Self::new(Kind::Closed, text, None)
    }

    pub(crate) fn closed_early(target: &Target) -> Self {
        let text = format!("the server at {target} closed the connection before it was ready");
        Self::new(Kind::Closed, text, None)
    }

    pub(crate) fn given_up(target: &Target) -> Self {
        let text = format!("the call to {target} was given up by its sender");
        Self::new(Kind::GivenUp, text, None)
    }

    pub(crate) fn stopped(target: &Target) -> Self {
        let text = format!("the task that connects to {target} was stopped");
        Self::new(Kind::Lost, text, None)
    }

    /// An error before the server's SETTINGS was read.
    pub(crate) fn handshake(target: &Target, error: hyper::Error) -> Self {
        let (kind, cause) = classify(&error);
        // h2 noticed a violation, or the check of the first frame did.
        let is_garbage = find::<h2::Error>(&error).is_some_and(h2::Error::is_library)
            || find::<io::Error>(&error).is_some_and(|io| io.kind() == ErrorKind::InvalidData);
        if is_garbage {
            let text = format!("the server at {target} does not speak HTTP/2: {cause}");
            return Self::new(Kind::NotHttp2, text, Box::new(error) as BoxError);
        }
        let text =
            format!("the connection to {target} ended before the server's SETTINGS came: {cause}");
        Self::new(kind, text, Box::new(error) as BoxError)
    }

    /// An error of one request on a ready connection.
    pub(crate) fn call(target: &Target, error: hyper::Error) -> Self {
        let (kind, cause) = classify(&error);
        let text = match kind {
            Kind::Closed => format!("the connection to {target} is closed"),
            Kind::Lost => format!("the connection to {target} was lost: {cause}"),
            Kind::GoAway { remote: true, .. } => {
                format!("the server at {target} ended the connection: {cause}")
            }
            Kind::GoAway { .. } => format!("the connection to {target} broke off: {cause}"),
            Kind::Reset { code, remote: true } => {
                format!(
                    "the server at {target} reset the stream: {:?}",
                    Reason::from(code)
                )
            }
            Kind::Reset { code, .. } => {
                format!(
                    "the stream to {target} was reset: {:?}: {cause}",
                    Reason::from(code)
                )
            }
            _ => format!("the request to {target} failed: {cause}"),
        };
        Self::new(kind, text, Box::new(error) as BoxError)
    }
}

/// The kind of hyper's error, and the text of the cause that says most (L-17).
fn classify(error: &hyper::Error) -> (Kind, String) {
    let Some(http2) = find::<h2::Error>(error) else {
        // hyper unwraps an I/O error of h2, and calls a request that it hands back unsent canceled (L-13).
        let is_unsent = error.is_canceled() || error.is_closed();
        let kind = if is_unsent { Kind::Closed } else { Kind::Lost };
        return (kind, deepest(error));
    };
    let remote = http2.is_remote();
    let code = http2.reason().map(u32::from);
    let kind = match code {
        _ if http2.is_io() => Kind::Lost,
        Some(code) if http2.is_go_away() => Kind::GoAway { code, remote },
        Some(code) => Kind::Reset { code, remote },
        None => Kind::Other,
    };
    (kind, http2.to_string())
}

/// The error and all its sources, outermost first.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| source(error))
}

/// The next error in the chain. An `io::Error` does not name what it wraps as its source.
fn source<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// The first error of type `T` in a chain of sources.
pub(crate) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn deepest(error: &hyper::Error) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { kind, text, source } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("text", text)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// Why a request failed, and the request itself if it provably never left (L-13, C-30).
pub struct SendError<B> {
    error: Error,
    request: Option<Box<Request<B>>>,
}

impl<B> SendError<B> {
    /// Says that the request may have left.
    pub fn new(error: Error) -> Self {
        Self {
            error,
            request: None,
        }
    }

    /// Says that the request never left, and hands it back.
    pub fn unsent(error: Error, request: Request<B>) -> Self {
        let request = Some(Box::new(request));
        Self { error, request }
    }

    /// The error.
    pub fn error(&self) -> &Error {
        &self.error
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
            .finish()
    }
}

impl<B> StdError for SendError<B> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}
