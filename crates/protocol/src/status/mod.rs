//! What a call ends with: a [`Code`], a text, and what else is known.
//!
//! A [`Status`] is the one error of calls. Programs decide by its code; the text is for people.
//! What a server wants a program to know beyond the code it sends as details, which are bytes until
//! a [`DetailsCodec`] reads them.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Code, Status};
//!
//! let status = Status::new(Code::NotFound, "no such bean");
//! assert_eq!(status.to_string(), "NOT_FOUND: no such bean");
//!
//! match status.code() {
//!     Code::NotFound => println!("not on the menu"),
//!     Code::Unavailable if status.is_local() => println!("no connection"),
//!     _ => println!("{status}"),
//! }
//! ```

mod code;
mod details;
pub mod progress;

pub use code::Code;
pub use details::{DetailsCodec, InvalidDetails, RpcStatus};

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use bytes::Bytes;
use prost::Name;
use prost_types::Any;
use ziggurat_text::foreign;

use self::progress::Progress;

use crate::{InvalidMetadata, Metadata, Peer};

/// How a call failed; one pointer in size.
///
/// A status either came from the server or was made here ([`is_local`](Self::is_local)). One made
/// here keeps what caused it, such as an I/O error: [`cause`](Self::cause) gives it to programs.
///
/// `Display` gives the code's name and the text, on one line that is safe to log: of what the server
/// wrote, line ends and other control characters are escaped, and 4 KiB are shown. `Debug` adds
/// where it was made, how many bytes of details there are, and the cause. Neither shows metadata,
/// which may hold secrets.
///
/// The text of a status that was made here tells its causes. [`Error::source`] gives the first that it
/// does not tell yet; otherwise the I/O or TLS error that all came from, if there is one. So reporters
/// that print an error and its sources say no sentence twice.
///
/// ```
/// use std::{error::Error, io};
/// use ziggurat::{Code, Status};
///
/// let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
/// let status = Status::new(Code::Unavailable, "no beans: connection refused").with_source(refused());
/// assert!(status.source().is_some_and(|source| source.is::<io::Error>()));
///
/// let status = Status::new(Code::Unavailable, "connection refused").with_source(refused());
/// assert!(status.source().is_none()); // it would say the same
/// assert!(status.cause().is_some_and(|cause| cause.is::<io::Error>()));
/// ```
#[derive(Clone)]
pub struct Status(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    number: u32,
    message: Cow<'static, str>,
    details: Option<Bytes>,
    initial: Metadata,
    trailing: Metadata,
    peer: Option<Peer>,
    source: Option<Arc<dyn Error + Send + Sync>>,
    progress: Option<Arc<Progress>>,
    local: bool,
}

impl Status {
    /// Makes a status, as a layer that answers a call by itself does.
    ///
    /// It may have any code. [`Code::Ok`] is no failure: where such a status is answered, the call
    /// ends as UNKNOWN (A-129).
    ///
    /// ```
    /// use ziggurat::{Code, Status, protocol::response};
    ///
    /// let status = Status::new(Code::ResourceExhausted, "too many lattes today");
    /// let answer: http::Response<String> = response::trailers_only(status);
    /// assert_eq!(answer.headers()["grpc-status"], "8");
    /// ```
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            number: code.number(),
            message: message.into(),
            details: None,
            initial: Metadata::new(),
            trailing: Metadata::new(),
            peer: None,
            source: None,
            progress: None,
            local: true,
        }))
    }

    /// Makes a status for the library itself, which may use only some codes (A-136).
    #[doc(hidden)]
    pub fn local(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        debug_assert!(
            code.is_made_locally(),
            "{code} is never made by the library"
        );
        Self::new(code, message)
    }

    /// Marks what was read from the server's answer.
    pub(crate) fn received(number: u32, message: String) -> Self {
        let code = Code::from_number(number).filter(|&code| code != Code::Ok);
        let message = match code {
            None if message.is_empty() => {
                format!("the server sent status {number}, which gRPC does not define")
            }
            _ => message,
        };
        let mut status = Self::new(code.unwrap_or(Code::Unknown), message);
        status.0.number = number;
        status.0.local = false;
        status
    }

    /// Adds what caused the status, in place of another cause.
    ///
    /// It stays on this side: [`cause`](Self::cause) gives it, and nothing of it is sent.
    pub fn with_source(self, source: impl Into<crate::BoxError>) -> Self {
        self.with_shared_source(Arc::from(source.into()))
    }

    /// Adds a cause that others hold too, such as the error of a connection.
    ///
    /// ```
    /// use std::{io, sync::Arc};
    /// use ziggurat::{Code, Status};
    ///
    /// let lost = Arc::new(io::Error::from(io::ErrorKind::ConnectionReset));
    /// let both = [1, 2].map(|call| {
    ///     Status::new(Code::Unavailable, format!("call {call}")).with_shared_source(lost.clone())
    /// });
    /// # let _ = both;
    /// ```
    pub fn with_shared_source(mut self, source: Arc<dyn Error + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Adds where the time of the call went.
    pub fn with_progress(self, progress: Progress) -> Self {
        self.with_shared_progress(Arc::new(progress))
    }

    /// [`with_progress`](Self::with_progress) of what others hold too.
    #[doc(hidden)]
    pub fn with_shared_progress(mut self, progress: Arc<Progress>) -> Self {
        self.0.progress = Some(progress);
        self
    }

    /// Adds the bytes of `grpc-status-details-bin`: an encoded `google.rpc.Status`.
    ///
    /// By default there are none.
    pub fn with_details(mut self, details: impl Into<Bytes>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Adds what the answer carried: its metadata, and who answered.
    #[doc(hidden)]
    pub fn with_answer(
        mut self,
        initial: Metadata,
        trailing: Metadata,
        peer: Option<Peer>,
    ) -> Self {
        self.0.initial = initial;
        self.0.trailing = trailing;
        self.0.peer = peer;
        self
    }

    /// What caused the status, if it was made on this side and something did.
    ///
    /// With its type, and whether the text tells it or not. Its own sources lead further:
    ///
    /// ```
    /// use std::{error::Error, io, iter};
    /// use ziggurat::Status;
    ///
    /// fn io_error(status: &Status) -> Option<&io::Error> {
    ///     iter::successors(status.cause(), |&cause| cause.source()).find_map(|cause| cause.downcast_ref())
    /// }
    /// ```
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }

    /// The code: what programs decide by.
    ///
    /// A number that gRPC does not define is [`Code::Unknown`] (A-82). Of a failed call it is never
    /// [`Code::Ok`] (A-129).
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The number as it came: it differs from the code's where gRPC does not define it (A-82).
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use ziggurat::{Code, protocol::response};
    ///
    /// let trailers = HeaderMap::from_iter([(response::GRPC_STATUS, 99.into())]);
    /// let status = response::trailers(StatusCode::OK, &trailers).unwrap_err();
    /// assert_eq!((status.code(), status.number()), (Code::Unknown, 99));
    /// ```
    pub fn number(&self) -> u32 {
        self.0.number
    }

    /// The text, for people; may be empty.
    ///
    /// A server's text is decoded whatever bytes it sent: what is no UTF-8 is replaced (A-95). It is
    /// as the server wrote it, line ends and control characters too: log the status itself instead.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the status was made on this side: the server did not send it (A-138).
    ///
    /// A deadline that passed here is local; a DEADLINE_EXCEEDED that the server sent is not.
    pub fn is_local(&self) -> bool {
        self.0.local
    }

    /// The bytes of `grpc-status-details-bin` as they came, decoded from base64 only.
    ///
    /// `None` if the server sent none, several, no base64 (A-99), or a `google.rpc.Status` that
    /// says OK (A-100).
    pub fn details_bytes(&self) -> Option<&Bytes> {
        self.0.details.as_ref()
    }

    /// Reads the details with a codec; [`RpcStatus`] is the usual one.
    ///
    /// `None` if there are no [bytes](Self::details_bytes). They are read anew by each call.
    ///
    /// # Errors
    ///
    /// The bytes are not what the codec reads. The status itself is unaffected (A-99).
    ///
    /// # Example
    ///
    /// ```
    /// use prost::Message;
    /// use ziggurat::{Code, Status, protocol::status::RpcStatus};
    ///
    /// let details = RpcStatus::new(3, "sugar", vec![]);
    /// let status = Status::new(Code::InvalidArgument, "too sweet")
    ///     .with_details(details.encode_to_vec());
    ///
    /// let read = status.details::<RpcStatus>().transpose()?;
    /// assert_eq!(read.map(|details| details.message), Some("sugar".to_owned()));
    /// # Ok::<_, ziggurat::protocol::status::InvalidDetails>(())
    /// ```
    pub fn details<D: DetailsCodec>(&self) -> Option<Result<D::Details, InvalidDetails>> {
        self.0.details.clone().map(D::decode)
    }

    /// Where the time of the call went, and which attempts failed before (B-7).
    ///
    /// `None` if the call neither had to wait nor was sent again: then what the text says is all. Of a call without a
    /// deadline it is known only where a layer asked for it. A status of the server has it too, for what failed before.
    pub fn progress(&self) -> Option<&Progress> {
        self.0.progress.as_deref()
    }

    /// The first detail of one type, such as `RetryInfo` of the crate `ziggurat-types`.
    ///
    /// The type says by its [`Name`] what it is; of generated messages, the setting `enable_type_names` writes it. What
    /// is before the last `/` of a detail's URL does not count.
    ///
    /// `None` if there is none of it, and if it cannot be read: a hint is of no use then. What was sent,
    /// [`details`](Self::details) tells.
    ///
    /// ```
    /// use prost_types::{Any, Duration};
    /// use ziggurat::{Code, Status, protocol::status::RpcStatus};
    /// # use prost::Message;
    ///
    /// let wait = Duration { seconds: 30, nanos: 0 };
    /// let details = RpcStatus::new(14, "busy", vec![Any::from_msg(&wait)?]);
    /// let status = Status::new(Code::Unavailable, "busy").with_details(details.encode_to_vec());
    /// assert_eq!(status.detail::<Duration>(), Some(wait));
    /// # Ok::<_, prost::EncodeError>(())
    /// ```
    pub fn detail<T: Name + Default>(&self) -> Option<T> {
        let details = self.details::<RpcStatus>()?.ok()?.details;
        let name = T::full_name();
        let of_type = |detail: &&Any| detail.type_url.rsplit('/').next() == Some(&*name);
        T::decode(&*details.iter().find(of_type)?.value).ok()
    }

    /// The metadata before the first message; empty if headers were never received.
    ///
    /// It is kept apart from what came with the status, also of a failed call (A-37).
    pub fn initial_metadata(&self) -> &Metadata {
        &self.0.initial
    }

    /// The metadata that came with the status (A-38: in a Trailers-Only answer, all there is).
    ///
    /// Empty if the status was made on this side before any arrived.
    pub fn trailing_metadata(&self) -> &Metadata {
        &self.0.trailing
    }

    /// Who answered, if a connection carried the call and its server sent headers.
    pub fn peer(&self) -> Option<&Peer> {
        self.0.peer.as_ref()
    }

    /// The status as a failure: one that says OK is none, and becomes UNKNOWN (A-129).
    #[doc(hidden)]
    pub fn into_failure(mut self) -> Self {
        if self.0.code == Code::Ok {
            self.0.code = Code::Unknown;
            self.0.number = Code::Unknown.number();
        }
        self
    }

    /// Marks the status as made on this side.
    pub(crate) fn mark_local(mut self) -> Self {
        self.0.local = true;
        self
    }
}

/// How many bytes of the text are shown.
const SHOWN: usize = 4 * 1024;

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)?;
        if self.0.number != self.0.code.number() {
            write!(f, " ({})", self.0.number)?;
        }
        match self.message() {
            "" => Ok(()),
            message => write!(f, ": {}", foreign(message, SHOWN)),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Status");
        out.field("code", &self.0.code);
        if self.0.number != self.0.code.number() {
            out.field("number", &self.0.number);
        }
        out.field("message", &self.0.message)
            .field("local", &self.0.local);
        if let Some(details) = &self.0.details {
            out.field("details", &format_args!("{} bytes", details.len()));
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        if let Some(progress) = self.progress() {
            out.field("progress", progress);
        }
        out.finish_non_exhaustive()
    }
}

impl From<InvalidMetadata> for Status {
    /// INTERNAL: nothing is sent with illegal metadata (A-26).
    fn from(invalid: InvalidMetadata) -> Self {
        Self::local(Code::Internal, invalid.to_string()).with_source(invalid)
    }
}

impl Error for Status {
    /// The first of its causes that the text does not tell, else the I/O or TLS error below, if its words are not the
    /// whole text; [`cause`](Status::cause) gives them all.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        ziggurat_text::source(self.message(), self.cause()?)
    }
}

#[cfg(test)]
mod tests;
