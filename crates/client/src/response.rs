use std::sync::Arc;

use bytes::Bytes;
use ziggurat_protocol::{Metadata, Peer, Status, status::progress::Progress};

/// An answer of one message with what came beside it; [`Call::send`](crate::Call::send) gives it.
///
/// Metadata comes at two times and is kept apart: before the message, and with the status (A-37).
/// Of a call that failed, both are in the [`Status`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let call = client.unary(&MAKE, "latte".to_owned()).metadata("x-table", "7");
/// let response = call.send().await?;
/// assert_eq!(response.message(), "latte");
/// assert_eq!(response.initial_metadata().get("x-table"), Some("7"));
/// assert!(response.trailing_metadata().is_empty());
/// assert!(response.peer().is_none()); // it is in this process
/// # Ok(()) }) }
/// ```
#[derive(Clone, Debug)]
pub struct Response<T> {
    message: T,
    beside: Beside,
}

impl<T> Response<T> {
    /// An answer of this message, with nothing beside it: for fakes in tests, and for layers that answer by themselves.
    ///
    /// ```
    /// use ziggurat::{Response, Status};
    ///
    /// // What stands in tests for a `BoundMethod`.
    /// let make = tower::service_fn(async |order: String| Ok::<_, Status>(Response::new(order)));
    /// # drop(make);
    /// ```
    pub fn new(message: T) -> Self {
        let beside = Beside::default();
        Self { message, beside }
    }

    /// The same with other things beside it: metadata before the message, metadata with the status, who answered.
    pub fn with_answer(
        mut self,
        initial: Metadata,
        trailing: Metadata,
        peer: Option<Peer>,
    ) -> Self {
        self.beside.opening.initial = initial;
        self.beside.opening.peer = peer;
        self.beside.trailing = trailing;
        self
    }

    /// The same with what the call waited for and which attempts failed before this answer.
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.beside.opening.progress = Some(Arc::new(progress));
        self
    }

    pub(crate) fn decode(
        message: Bytes,
        beside: Beside,
        decode: Decode<T>,
    ) -> Result<Self, Status> {
        match decode_whole(message, decode) {
            Ok(message) => Ok(Self { message, beside }),
            Err(status) => Err(beside.fail(status)),
        }
    }

    /// The message.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message by value.
    pub fn into_message(self) -> T {
        self.message
    }

    /// The metadata before the message, without what the library itself uses (A-36).
    pub fn initial_metadata(&self) -> &Metadata {
        &self.beside.opening.initial
    }

    /// The metadata that came with the status.
    pub fn trailing_metadata(&self) -> &Metadata {
        &self.beside.trailing
    }

    /// Who answered; `None` if no connection carried the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.beside.opening.peer.as_ref()
    }

    /// Which attempts failed before this answer; `None` if the first one brought it.
    ///
    /// Of a call without a deadline it is known only where a layer asked for it, as those do that
    /// [send calls again](crate::layers::retry). [`Status::progress`] has it for calls that failed.
    pub fn progress(&self) -> Option<&Progress> {
        self.beside.opening.progress.as_deref()
    }

    /// The same with another message; what is beside it stays.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let response = client.unary(&MAKE, "latte".to_owned()).send().await?;
    /// assert_eq!(*response.map(|coffee| coffee.len()).message(), 5);
    /// # Ok(()) }) }
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            message: change(self.message),
            beside: self.beside,
        }
    }
}

/// What comes beside an answer's messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// What was there before the first message.
    pub(crate) opening: Opening,
    /// From the block with the status; empty until it came.
    pub(crate) trailing: Metadata,
}

/// What comes before an answer's messages, and is kept as long as they come.
///
/// Its reader may ask for it at any time from the headers on, also when the call has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opening {
    /// From the headers; empty of a Trailers-Only answer (A-38).
    pub(crate) initial: Metadata,
    /// From the answer's body if a channel is right below, else from its extensions, where a ground floor puts it.
    pub(crate) peer: Option<Peer>,
    /// What floors below said by the answer's extensions.
    pub(crate) progress: Option<Arc<Progress>>,
}

impl Beside {
    /// A status of this call, with what had come beside its messages.
    pub(crate) fn fail(self, status: Status) -> Status {
        let Self { opening, trailing } = self;
        let status = match opening.progress {
            // One that was made with it knows more.
            Some(progress) if status.progress().is_none() => status.with_shared_progress(progress),
            _ => status,
        };
        status.with_answer(opening.initial, trailing, opening.peer)
    }
}

/// Reads one answer off what was received, from so many bytes; a function, so that no type of message is named by the engine.
pub(crate) type Decode<T> = fn(&mut Bytes, usize) -> Result<T, Status>;

/// Reads an answer that stands alone.
pub(crate) fn decode_whole<T>(mut message: Bytes, decode: Decode<T>) -> Result<T, Status> {
    let length = message.len();
    decode(&mut message, length)
}
