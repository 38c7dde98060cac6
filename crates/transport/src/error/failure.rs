//! The one error of this crate: its kinds, the sentence of each, and what it leads to.

use std::{
    error::Error as StdError,
    fmt,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use h2::Reason;

use ziggurat_connect::{
    BoxError, Target,
    error::{find, is_tls},
};
use ziggurat_text::{bare, http2_reason};

use super::{chain::deepest, violation::Violation};

/// Why there is no response, or why its body ends early.
///
/// The text names the target and the cause. All errors that this crate makes lead through `source()` to an `h2::Error`
/// or an `io::Error`, so that who does not know this type can still classify them; a call that was given up leads to an
/// `h2::Error` with CANCEL. An `io::Error` may wrap a further error. Where this side found the fault, it says no more
/// than its kind, and an `h2::Error` no more than its code: the text says what happened.
///
/// One pointer; cloning is one reference count, because all who wait for a connection share its error.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use ziggurat_transport::{Connection, Target, error::Kind};
/// # #[derive(Debug)] struct Body;
/// # impl http_body::Body for Body {
/// #     type Data = bytes::Bytes;
/// #     type Error = std::convert::Infallible;
/// #     fn poll_frame(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>)
/// #         -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
/// #         std::task::Poll::Ready(None)
/// #     }
/// # }
/// # impl ziggurat_transport::RequestBody for Body {}
///
/// let (near, mut far) = tokio::io::duplex(1024);
/// tokio::io::AsyncWriteExt::write_all(&mut far, b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
/// let handshake = Connection::<Body>::handshake(Target::parse("http://cafe")?, near);
///
/// let error = handshake.await.unwrap_err();
/// assert_eq!(error.kind(), Kind::NotHttp2);
/// assert_eq!(
///     error.to_string(),
///     "the server at http://cafe does not speak HTTP/2: it answered in HTTP/1"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Failure>);

/// What an error holds.
struct Failure {
    /// By which it is decided.
    kind: Kind,
    /// The whole sentence; made where it happened, where all is known.
    text: String,
    /// Always there; shared, for some of them cannot be cloned.
    source: Arc<dyn StdError + Send + Sync>,
}

/// ENHANCE_YOUR_CALM.
const CALM: u32 = 11;

/// What went wrong, for those who decide by it.
///
/// ```
/// use ziggurat_transport::{Error, error::Kind};
///
/// /// Whether it is known that the server has not acted on the request.
/// fn is_safe_to_send_again(error: &Error) -> bool {
///     matches!(
///         error.kind(),
///         Kind::Connect | Kind::Timeout | Kind::Closed | Kind::GoAway { remote: true, .. }
///     )
/// }
///
/// assert!(!is_safe_to_send_again(&Error::other("no beans")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The connector failed: the name is unknown, the port refuses.
    Connect,
    /// The connection was made, but no TLS: one end does not trust the other, or the server speaks no HTTP/2 over it.
    Tls,
    /// The connection was made, but what came first was not HTTP/2.
    NotHttp2,
    /// No connection became ready within the connect timeout.
    Timeout,
    /// The connection is closed or closing, or ended before it was ready, and the request was not sent.
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
    /// The response went beyond a limit of this side, which reset its stream; the text names the limit.
    Exceeded,
    /// The sender of the request gave the call up, or the channel was shut down while it ran.
    GivenUp,
    /// The channel was closed before; the request was not sent.
    Shutdown,
    /// Who chooses among many servers takes no such call: it was not sent, and is not to be sent again (C-33).
    Dropped,
    /// HTTP/2 cannot carry the request, a layer of yours refused it, or its body panicked.
    Other,
}

impl Error {
    /// Wraps the error of a layer that refuses a request; its kind is [`Kind::Other`].
    pub fn other(source: impl Into<BoxError>) -> Self {
        let source = source.into();
        let text = format!("a layer refused the request: {source}");
        Self::new(Kind::Other, text, source)
    }

    /// No server takes a call, for what the source says: what a policy has to say that chooses among many. It becomes
    /// UNAVAILABLE.
    pub fn no_server(source: impl Into<BoxError>) -> Self {
        let source = source.into();
        let text = format!("no server takes the call: {source}");
        let source = with_io(source, ErrorKind::NotConnected);
        Self::new(Kind::Connect, text, source)
    }

    /// The same, of a call that is not to be sent again: a policy drops it on purpose (C-33).
    #[must_use]
    pub fn dropped(self) -> Self {
        match self.kind() {
            // That is an end for good already.
            Kind::Shutdown => self,
            _ => Self::new(Kind::Dropped, self.0.text.clone(), Box::new(self)),
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether the server ended the connection because of too many PINGs (E-8).
    pub(crate) fn is_too_many_pings(&self) -> bool {
        // The debug data of a GOAWAY shows in h2's text only (L-11).
        let is_calm = matches!(self.kind(), Kind::GoAway { code, remote: true } if code == CALM);
        is_calm && self.0.text.ends_with(" (0xb): too_many_pings")
    }

    /// Adds what is known of the request: the connection was lost before it left (C-30).
    pub(crate) fn unsent(self) -> Self {
        match self.kind() {
            Kind::Lost => {
                let text = format!("{self}; the request had not left");
                Self::new(Kind::Closed, text, Box::new(self))
            }
            _ => self,
        }
    }

    /// Of a source of its own.
    pub(super) fn new(kind: Kind, text: String, source: BoxError) -> Self {
        Self::shared(kind, text, source.into())
    }

    /// The same, of a source that others have too.
    fn shared(kind: Kind, text: String, source: Arc<dyn StdError + Send + Sync>) -> Self {
        Self(Arc::new(Failure { kind, text, source }))
    }

    /// An error that this side found; the I/O error says no more than its kind.
    fn io(kind: Kind, text: String, cause: ErrorKind) -> Self {
        Self::new(kind, text, bare(cause).into())
    }
}

/// Errors of an attempt to connect.
impl Error {
    /// There is no connection, for what the source says.
    pub fn connect(kind: Kind, target: &Target, source: BoxError) -> Self {
        let text = format!("cannot connect to {target}: {source}");
        let source = with_io(source, ErrorKind::NotConnected);
        Self::new(kind, text, source)
    }

    /// `told` is what had come of the attempt: each address with its own end (D-27).
    pub(crate) fn connect_timeout(
        target: &Target,
        proxy: Option<&str>,
        after: Duration,
        told: Option<&str>,
    ) -> Self {
        let mut text = match proxy {
            None => format!("cannot connect to {target}: no answer within {after:?}"),
            Some(proxy) => format!(
                "cannot connect to {target}: the proxy {proxy} did not let it pass within {after:?}"
            ),
        };
        if let Some(told) = told {
            text.push_str(": ");
            text.push_str(told);
        }
        Self::io(Kind::Timeout, text, ErrorKind::TimedOut)
    }

    /// The time was up in the TLS handshake.
    pub(crate) fn tls_timeout(target: &Target, after: Duration) -> Self {
        let text =
            format!("cannot connect to {target}: the TLS handshake was not over within {after:?}");
        Self::io(Kind::Timeout, text, ErrorKind::TimedOut)
    }

    /// The time was up before the server allowed a stream.
    pub(crate) fn settings_timeout(target: &Target, after: Duration) -> Self {
        let text = format!(
            "cannot connect to {target}: it accepted, but allowed no HTTP/2 stream within {after:?}"
        );
        Self::io(Kind::Timeout, text, ErrorKind::TimedOut)
    }

    /// The connection ended before it was ready, without an error.
    pub(crate) fn closed_early(target: &Target) -> Self {
        let text = format!("the server at {target} closed the connection before it was ready");
        Self::io(Kind::Closed, text, ErrorKind::ConnectionAborted)
    }

    /// The channel was closed before.
    pub fn shutdown(target: &Target) -> Self {
        let text = format!("the channel to {target} is closed");
        Self::io(Kind::Shutdown, text, ErrorKind::NotConnected)
    }

    /// One of several servers has no connection that takes requests.
    pub(crate) fn not_connected(target: &Target) -> Self {
        let text = format!("there is no connection to {target}");
        Self::io(Kind::Closed, text, ErrorKind::NotConnected)
    }

    /// Its task was dropped, as at the end of a runtime.
    pub fn stopped(target: &Target) -> Self {
        let text = format!("the task that connects to {target} was stopped");
        Self::io(Kind::Lost, text, ErrorKind::ConnectionAborted)
    }

    /// An error before the server's SETTINGS was read.
    ///
    /// `cause` is what the stream said, of which hyper keeps the text alone.
    pub(crate) fn handshake(
        target: &Target,
        error: hyper::Error,
        cause: Option<Arc<io::Error>>,
    ) -> Self {
        let (_, what, source) = causes(error, cause);
        // h2 noticed a violation, or the check of the first frame did.
        let is_garbage = find::<h2::Error>(&*source).is_some_and(h2::Error::is_library)
            || find::<Violation>(&*source).is_some();
        if is_garbage {
            let text = format!("the server at {target} does not speak HTTP/2: {what}");
            return Self::shared(Kind::NotHttp2, text, source);
        }
        if is_tls(&*source) {
            // I-7: with TLS 1.3 a server refuses a client only now.
            let text = format!("cannot connect to {target}: {what}");
            return Self::shared(Kind::Tls, text, source);
        }
        let text =
            format!("the connection to {target} ended before the server's SETTINGS came: {what}");
        // Whatever ended it, no request was sent.
        Self::shared(Kind::Closed, text, source)
    }
}

/// Errors of one request on a ready connection.
impl Error {
    /// It takes no more requests, and this one was not sent.
    pub(crate) fn closed(target: &Target) -> Self {
        let text = format!("the connection to {target} is closed");
        Self::io(Kind::Closed, text, ErrorKind::NotConnected)
    }

    /// The server let the connection go without an error: by GOAWAY, or by closing it between requests.
    pub(crate) fn drained(target: &Target) -> Self {
        let text = format!("the server at {target} takes no more requests on this connection");
        Self::io(Kind::Closed, text, ErrorKind::NotConnected)
    }

    /// Its sender dropped it; who still looks at the other half learns this.
    pub(crate) fn given_up(target: &Target) -> Self {
        let text = format!("the call to {target} was given up by its sender");
        // What the server is told.
        let source = h2::Error::from(Reason::CANCEL);
        Self::new(Kind::GivenUp, text, source.into())
    }

    /// Running calls were ended with the channel.
    pub(crate) fn shut_down(target: &Target) -> Self {
        let text = format!("the channel to {target} was shut down while the call ran");
        let source = h2::Error::from(Reason::CANCEL);
        Self::new(Kind::GivenUp, text, source.into())
    }

    /// Nothing was read for so long, not even the answer to a PING.
    pub(crate) fn keepalive(target: &Target, after: Duration) -> Self {
        let text = format!(
            "the connection to {target} was lost: keepalive: nothing was read for {after:?}"
        );
        Self::io(Kind::Lost, text, ErrorKind::TimedOut)
    }

    /// The body of the request panicked; what the panic said went to the panic hook.
    pub(crate) fn panicked(target: &Target) -> Self {
        let text = format!("the request body of a call to {target} panicked");
        // What the server is told.
        let source = h2::Error::from(Reason::INTERNAL_ERROR);
        Self::new(Kind::Other, text, source.into())
    }

    /// What hyper says of a request, in words that name the server and who ended what.
    ///
    /// `cause` is what the stream of bytes said, of which hyper keeps the text alone.
    pub(crate) fn call(
        target: &Target,
        error: hyper::Error,
        cause: Option<Arc<io::Error>>,
    ) -> Self {
        let (kind, cause, source) = causes(error, cause);
        let text = match kind {
            // hyper has other words for it, such as "connection was not ready", that say no more.
            Kind::Closed => return Self::closed(target),
            Kind::Lost => format!("the connection to {target} was lost: {cause}"),
            Kind::GoAway { remote: true, .. } => {
                format!("the server at {target} ended the connection with {cause}")
            }
            Kind::GoAway { .. } => {
                format!("this side ended the connection to {target} with {cause}")
            }
            Kind::Reset { remote, .. } => {
                let who = if remote { "the server" } else { "this side" };
                format!("{who} reset the stream to {target} with {cause}")
            }
            _ => format!("the request to {target} failed: {cause}"),
        };
        if find::<io::Error>(&*source).is_none() && find::<h2::Error>(&*source).is_none() {
            return Self::io(kind, text, ErrorKind::NotConnected);
        }
        Self::shared(kind, text, source)
    }
}

/// The kind of hyper's error, the text of its cause, and its source: what the stream said, where that is the cause.
fn causes(
    error: hyper::Error,
    cause: Option<Arc<io::Error>>,
) -> (Kind, String, Arc<dyn StdError + Send + Sync>) {
    let (kind, text) = classify(&error);
    match cause {
        Some(cause) if kind == Kind::Lost => (kind, cause.to_string(), cause),
        // So h2 says that the stream of bytes ended, which breaks no pipe.
        None if text.ends_with(" closed because of a broken pipe") => {
            let source = Arc::new(bare(ErrorKind::UnexpectedEof));
            (kind, "the server closed it".to_owned(), source)
        }
        _ => (kind, text, Arc::new(error)),
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
    let reason = http2_reason(http2).filter(|_| kind != Kind::Lost);
    let text = reason.map_or_else(|| http2.to_string(), |reason| reason.to_string());
    (kind, text)
}

/// Wraps an error in an `io::Error`, if there is neither one nor an `h2::Error` among its sources.
fn with_io(error: BoxError, kind: ErrorKind) -> BoxError {
    if find::<io::Error>(&*error).is_some() || find::<h2::Error>(&*error).is_some() {
        return error;
    }
    io::Error::new(kind, error).into()
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
        let source = &*self.0.source;
        // hyper's own words, such as "http2 error", say nothing that its cause does not.
        let hyper = source.downcast_ref().and_then(hyper::Error::source);
        hyper.or(Some(source))
    }
}
