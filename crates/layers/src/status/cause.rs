//! Which status an error becomes.

use std::{error::Error, fmt, io, iter};

use tower::{load_shed::error::Overloaded, timeout::error as tower_timeout};
use ziggurat_protocol::{BoxError, Code, Status, body::Abandoned, response};
use ziggurat_text::{http2_reason, is_bare, tells};

use crate::deadline::Elapsed;

/// Marks an error as UNAVAILABLE, where nothing else in its chain says so.
///
/// For grounds whose connection failed without an I/O error: a connect timeout, a connection that closed before the
/// answer. It shows as the error itself, in its place in the chain, and is not part of the status' sources.
///
/// ```
/// use tower::{ServiceBuilder, service_fn};
/// use ziggurat::layers::status::{StatusLayer, Unavailable};
///
/// # use http_body_util::Empty;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), std::convert::Infallible> {
/// # use tower::ServiceExt;
/// # use ziggurat::{Code, Outcome};
/// # let ground = service_fn(async |_: http::Request<()>| {
/// #     Err::<http::Response<Empty<&[u8]>>, _>("no SETTINGS within 20 s")
/// # });
/// let service = ServiceBuilder::new()
///     .layer(StatusLayer::new())
///     .map_err(|error: &str| Unavailable(error.into()))
///     .service(ground);
/// # let answer = service.oneshot(http::Request::new(())).await?;
/// # assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Unavailable(pub BoxError);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The status of a call that ended with an error instead of an answer (A-105, A-114, A-139).
///
/// The first of the error's chain that is known decides:
///
/// | error | status |
/// |---|---|
/// | a [`Status`] | as it is; with [`Code::Ok`] it is UNKNOWN, for a failure is no success |
/// | [`Unavailable`] | UNAVAILABLE |
/// | [`Elapsed`], the timeouts of tower and tokio | DEADLINE_EXCEEDED |
/// | tower's `Overloaded` | RESOURCE_EXHAUSTED |
/// | the request's own [`Abandoned`] | CANCELLED |
/// | HTTP/2: a stream reset | [by its code](response::reset); the text says who reset it and why |
/// | HTTP/2: GOAWAY, or an I/O error | UNAVAILABLE |
/// | HTTP/2: anything else | INTERNAL |
///
/// Otherwise an [`io::Error`] anywhere in the chain gives UNAVAILABLE, and what is left is UNKNOWN. The text tells the
/// whole chain, and the error becomes the [cause](Status::cause) of the status. tower's errors are known only if they
/// come from the same version of tower.
///
/// ```
/// use std::io;
/// use ziggurat::{Code, Status, layers::status};
///
/// let lost = io::Error::from(io::ErrorKind::ConnectionReset);
/// let status = status::from_error(lost.into());
/// assert_eq!(status.to_string(), "UNAVAILABLE: connection reset");
/// assert!(status.cause().is_some_and(|cause| cause.is::<io::Error>()));
///
/// // Layers say what they mean with a status of their own.
/// let own = Status::new(Code::ResourceExhausted, "too many lattes");
/// assert_eq!(status::from_error(own.into()).code(), Code::ResourceExhausted);
/// ```
pub fn from_error(error: BoxError) -> Status {
    let status = match find(&*error) {
        Known::Status(status) => return status.clone(),
        known => known.status(&*error),
    };
    status.with_source(match error.downcast::<Unavailable>() {
        Ok(marked) => marked.0,
        Err(error) => error,
    })
}

/// The same for an error that is not given away: a status made from it has no source.
pub(crate) fn classify(error: &(dyn Error + 'static)) -> Status {
    find(error).status(error)
}

/// What is known of an error.
enum Known<'a> {
    /// Somebody made it on purpose.
    Status(&'a Status),
    /// HTTP/2's code of a reset.
    Reset(u32),
    Code(Code),
}

impl Known<'_> {
    fn status(&self, error: &(dyn Error + 'static)) -> Status {
        match *self {
            Self::Status(status) => status.clone(),
            Self::Reset(code) => Status::local(response::reset(code).code(), text(error)),
            Self::Code(code) => Status::local(code, text(error)),
        }
    }
}

/// What the chain says first, else what it holds at all.
fn find<'a>(error: &'a (dyn Error + 'static)) -> Known<'a> {
    let known = chain(error).find_map(known);
    known.unwrap_or_else(|| {
        // Weaker than all others, for an I/O error may hold one of them.
        let io = chain(error).any(<dyn Error>::is::<io::Error>);
        Known::Code(if io { Code::Unavailable } else { Code::Unknown })
    })
}

/// What one error of a chain says.
fn known<'a>(error: &'a (dyn Error + 'static)) -> Option<Known<'a>> {
    if let Some(status) = error.downcast_ref::<Status>() {
        return Some(match status.code() {
            Code::Ok => Known::Code(Code::Unknown),
            _ => Known::Status(status),
        });
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return Some(http2(error));
    }
    let timeout = error.is::<Elapsed>()
        || error.is::<tower_timeout::Elapsed>()
        || error.is::<tokio::time::error::Elapsed>();
    let code = if timeout {
        Code::DeadlineExceeded
    } else if error.is::<Unavailable>() {
        Code::Unavailable
    } else if error.is::<Overloaded>() {
        Code::ResourceExhausted
    } else if error.is::<Abandoned>() {
        Code::Cancelled
    } else {
        return None;
    };
    Some(Known::Code(code))
}

/// L-10: GOAWAY and I/O are the connection's end, whoever found it; the rest is the stream's.
fn http2(error: &h2::Error) -> Known<'_> {
    match error.reason() {
        _ if error.is_go_away() || error.is_io() => Known::Code(Code::Unavailable),
        Some(reason) => Known::Reset(reason.into()),
        None => Known::Code(Code::Internal),
    }
}

/// The error and what it came from.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| cause(*error))
}

/// The next of the chain; what an I/O error holds is passed over by its `source`.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(io) = (error.downcast_ref::<h2::Error>()).and_then(h2::Error::get_io) {
        return Some(io);
    }
    let held = error.downcast_ref().and_then(io::Error::get_ref);
    held.map_or_else(|| error.source(), |held| Some(held))
}

/// The text of the error; those of its causes too, if it does not tell the last of them itself.
///
/// What an I/O error holds speaks for what is below it: it was put there in place of the system's words.
fn text(error: &(dyn Error + 'static)) -> String {
    let mut telling: Vec<_> = spoken(error).filter(|error| !is_bare(*error)).collect();
    if telling.is_empty() {
        telling.push(error);
    }
    let first = telling[0].to_string();
    if telling[1..].last().is_some_and(|last| tells(&first, *last)) {
        return first;
    }
    let mut texts: Vec<_> = telling.into_iter().map(sentence).collect();
    texts.dedup(); // a wrapper that shows as what it wraps
    texts.join(": ")
}

/// What one error says; h2's says neither who reset a stream nor the code's name.
fn sentence(error: &(dyn Error + 'static)) -> String {
    let http2 = error.downcast_ref::<h2::Error>();
    let Some((error, reason)) = http2.and_then(|error| Some((error, http2_reason(error)?))) else {
        return error.to_string();
    };
    let who = if error.is_remote() {
        "the server"
    } else {
        "this side"
    };
    let what = if error.is_go_away() {
        "ended the connection"
    } else {
        "reset the stream"
    };
    format!("{who} {what} with {reason}")
}

/// The error and what it came from, down to what an I/O error holds.
fn spoken<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut is_held = false;
    iter::successors(Some(error), move |&error| {
        let next = if is_held { None } else { cause(error) };
        is_held = error.downcast_ref().and_then(io::Error::get_ref).is_some();
        next
    })
}

#[cfg(test)]
mod tests;
