//! A call that has not been sent.

use std::{
    fmt,
    marker::{PhantomData, PhantomPinned},
    time::Duration,
};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{
    Body, Metadata,
    compression::{Encodings, Pooled},
};

use super::{Prepared, state::State};
#[cfg(doc)]
use crate::CallOptions;
use crate::{GrpcService, authority, response::Decode};

pin_project! {
    /// A call that has not been sent, with [`One`] or [`Many`] answers.
    ///
    /// It is a future, and owns all it needs: it outlives its stub, and can be spawned or kept in a set of calls as it is.
    /// One message is encoded when the method is called; a failure of that is what the call ends with.
    ///
    /// Awaiting a call with one answer gives the message. Awaiting a [`StreamingCall`] gives the stream
    /// of messages when the request is under way, not when headers arrive: a server may read first. So
    /// what keeps the request from leaving (no connection, an illegal path) is an error of the call,
    /// and what the server says is one of the stream.
    ///
    /// Settings made here win over those of the stub, one by one. None of them gives a `Result`: metadata that may not be
    /// sent, or a name that is none, ends the call with INTERNAL when it is awaited, and nothing is sent. Its cause is the
    /// [`InvalidMetadata`](crate::InvalidMetadata) or [`InvalidAuthority`](crate::InvalidAuthority) of the first of them.
    /// [`CallOptions`], which are set once for many calls, say it where they are set.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call, or its stream, ends it; the server sees RST_STREAM with CANCEL (B-20). A call that was never
    /// polled sends nothing at all.
    ///
    /// # Example
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use std::time::Duration;
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let call = client
    ///     .unary(&MAKE, "latte".to_owned())
    ///     .timeout(Duration::from_millis(300))
    ///     .metadata("x-table", "7");
    /// assert_eq!(call.await?, "latte");
    /// # Ok(()) }) }
    /// ```
    ///
    /// `F` and `B` follow from the service.
    #[must_use = "a call does nothing until it is awaited"]
    pub struct Call<
        Resp,
        S: GrpcService,
        Answers = One,
        F = <S as Service<Request<Body>>>::Future,
        B = <S as GrpcService>::ResponseBody,
    > {
        #[pin]
        pub(super) state: State<S, F, B>,
        pub(super) decode: Decode<Resp>,
        answers: PhantomData<fn() -> Answers>,
        // Once polled it does not move, and so gets no more settings.
        #[pin]
        pinned: PhantomPinned,
    }
}

/// A call with many answers that has not been sent: awaiting it gives a [`Streaming`].
///
/// [`Streaming`]: super::Streaming
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let mut orders = client.server_streaming(&WATCH, "table 7".to_owned()).await?;
/// assert_eq!(orders.recv().await?.as_deref(), Some("table 7"));
/// assert_eq!(orders.recv().await?, None); // the call ended with OK
/// # Ok(()) }) }
/// ```
pub type StreamingCall<Resp, S> = Call<Resp, S, Many>;

/// Marks calls with one answer: unary and client streaming.
#[derive(Debug)]
pub enum One {}

/// Marks calls with many answers: server streaming and bidirectional.
#[derive(Debug)]
pub enum Many {}

impl<Resp, S: GrpcService, Answers> Call<Resp, S, Answers> {
    pub(crate) fn new(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        Self {
            state: State::Prepared { prepared },
            decode,
            answers: PhantomData,
            pinned: PhantomPinned,
        }
    }

    /// What settings are made in.
    fn prepared(&mut self) -> &mut Prepared<S> {
        match &mut self.state {
            State::Prepared { prepared } => prepared,
            _ => unreachable!("a call that was polled is pinned"),
        }
    }

    /// What the call becomes that is not awaited as it is.
    pub(super) fn into_parts(self) -> (Prepared<S>, Decode<Resp>) {
        match self.state {
            State::Prepared { prepared } => (prepared, self.decode),
            _ => unreachable!("a call that was polled is pinned"),
        }
    }

    /// Ends the call with DEADLINE_EXCEEDED so long after its first poll.
    ///
    /// See [`CallOptions::timeout`]. It takes the place of the stub's timeout, be it shorter or
    /// longer. Set twice, the last counts.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use std::time::Duration;
    /// use ziggurat::{Client, Code, Status};
    ///
    /// # let never = tower::service_fn(async |_: http::Request<ziggurat::Body>| {
    /// #     std::future::pending::<Result<http::Response<ziggurat::Body>, Status>>().await
    /// # });
    /// let client = Client::new(never); // a service that does not answer
    /// let call = client.unary(&MAKE, "latte".to_owned()).timeout(Duration::from_millis(1));
    /// let status = call.await.unwrap_err();
    /// assert_eq!(status.code(), Code::DeadlineExceeded);
    /// assert!(status.is_local());
    /// # Ok(()) }) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.prepared().limits.timeout = Some(timeout);
        self
    }

    /// Ends the call with DEADLINE_EXCEEDED at this instant: see [`CallOptions::deadline`].
    ///
    /// It takes the place of the stub's deadline. A timeout, of the call or the stub, still counts
    /// beside it: the earlier of both ends the call (B-2).
    pub fn deadline(mut self, deadline: Deadline) -> Self {
        self.prepared().limits.deadline = Some(deadline);
        self
    }

    /// Waits for a connection, however many attempts it takes: see [`CallOptions::wait_for_ready`].
    pub fn wait_for_ready(mut self, wait: bool) -> Self {
        self.prepared().limits.wait_for_ready = Some(wait);
        self
    }

    /// Keeps so many bytes of the request to send it again: see [`CallOptions::resend_limit`].
    pub fn resend_limit(mut self, bytes: usize) -> Self {
        self.prepared().limits.resend = Some(bytes);
        self
    }

    /// Sends a text value along: see [`CallOptions::metadata`].
    ///
    /// Several values of one key are all sent, in order. What the stub has for the key is not sent.
    ///
    /// What [`Metadata::append`] refuses ends the call with INTERNAL, and names the key.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Code};
    ///
    /// let client = Client::new(cafe());
    /// let call = client.unary(&MAKE, "latte".to_owned());
    /// let response = call.metadata("x-milk", "oat").metadata("x-milk", "soy").send().await?;
    /// let milk: Vec<_> = response.initial_metadata().get_all("x-milk").collect();
    /// assert_eq!(milk, ["oat", "soy"]);
    ///
    /// let call = client.unary(&MAKE, "latte".to_owned());
    /// let status = call.metadata("grpc-timeout", "1S").await.unwrap_err(); // the library's own
    /// assert_eq!(status.code(), Code::Internal);
    /// assert!(status.message().contains("`grpc-timeout` is reserved"));
    /// # Ok(()) }) }
    /// ```
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        let appended = self.prepared().metadata.append(key, value);
        self.prepared().set(appended);
        self
    }

    /// Sends pairs of text along: see [`CallOptions::metadata_pairs`].
    ///
    /// The first pair that may not be sent ends the call with INTERNAL, which says its number.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let call = client.unary(&MAKE, "latte".to_owned());
    /// let call = call.metadata_pairs([("x-tenant", "acme"), ("x-table", "7")]);
    /// assert_eq!(call.send().await?.initial_metadata().get("x-table"), Some("7"));
    /// # Ok(()) }) }
    /// ```
    pub fn metadata_pairs<K, V>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let appended = self.prepared().metadata.append_pairs(pairs);
        self.prepared().set(appended);
        self
    }

    /// Sends bytes along, under a key ending in `-bin`: see [`CallOptions::metadata_bin`].
    ///
    /// What [`Metadata::append_bin`] refuses ends the call with INTERNAL, and names the key.
    pub fn metadata_bin(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        let appended = self.prepared().metadata.append_bin(key, value);
        self.prepared().set(appended);
        self
    }

    /// Sends this metadata along; of received one what may be sent (A-28, A-34).
    ///
    /// It is added to what the call has; see [`CallOptions::metadata_from`]. More than a request can hold, 24,576 names,
    /// ends the call with INTERNAL.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let call = client.unary(&MAKE, "latte".to_owned()).metadata("x-table", "7");
    /// let first = call.send().await?;
    ///
    /// // The next call passes on what came with the answer.
    /// let call = client.unary(&MAKE, "mocha".to_owned()).metadata_from(first.initial_metadata());
    /// assert_eq!(call.send().await?.initial_metadata().get("x-table"), Some("7"));
    /// # Ok(()) }) }
    /// ```
    pub fn metadata_from(mut self, metadata: &Metadata) -> Self {
        let extended = self.prepared().metadata.extend_sendable(metadata);
        self.prepared().set(extended);
        self
    }

    /// Keeps the values that the call has for a key out of HTTP/2's compression tables: see
    /// [`CallOptions::sensitive_metadata`].
    ///
    /// Those of the stub are not touched: its options mark them.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let call = client.unary(&MAKE, "latte".to_owned());
    /// let call = call.metadata("x-request-id", "9f1c").sensitive_metadata("x-request-id");
    /// assert_eq!(call.send().await?.initial_metadata().get("x-request-id"), Some("9f1c"));
    /// # Ok(()) }) }
    /// ```
    pub fn sensitive_metadata(mut self, key: &str) -> Self {
        self.prepared().metadata.mark_sensitive(key);
        self
    }

    /// Gives layers a value with the request: see [`CallOptions::extension`].
    ///
    /// It takes the place of the stub's value of this type.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.prepared().extensions.insert(value);
        self
    }

    /// Calls the server by this name: see [`CallOptions::authority`].
    ///
    /// What is no host with or without a port ends the call with INTERNAL.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// client.unary(&MAKE, "latte".to_owned()).authority("kitchen.cafe.example").await?;
    /// # Ok(()) }) }
    /// ```
    pub fn authority(mut self, name: &str) -> Self {
        let named = authority::parse(name).map(|name| self.prepared().authority = Some(name));
        self.prepared().set(named);
        self
    }

    /// Refuses longer answer messages, in bytes: see [`CallOptions::max_receive_message_size`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Code};
    ///
    /// let client = Client::new(cafe());
    /// let call = client.unary(&MAKE, "latte macchiato".to_owned()).max_receive_message_size(10);
    /// assert_eq!(call.await.unwrap_err().code(), Code::ResourceExhausted);
    /// # Ok(()) }) }
    /// ```
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.prepared().limits.max_receive = Some(bytes);
        self
    }

    /// Refuses more metadata, in bytes: see [`CallOptions::max_metadata_size`].
    pub fn max_metadata_size(mut self, bytes: usize) -> Self {
        self.prepared().limits.max_metadata = Some(bytes);
        self
    }

    /// Refuses to send longer messages, in bytes: see [`CallOptions::max_send_message_size`].
    ///
    /// A call with one message then sends nothing. Of a streamed request, messages before the long
    /// one may have been sent; the server sees a cancelled call.
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.prepared().limits.max_send = Some(bytes);
        self
    }

    /// Compresses request messages: see [`CallOptions::compress_with`].
    ///
    /// Working memory is this call's own unless a clone of a [`Pooled`] is given.
    pub fn compress_with(mut self, encoding: impl Into<Pooled>) -> Self {
        self.prepared().compression.compress_with(encoding.into());
        self
    }

    /// Compresses messages from this length in bytes on: see [`CallOptions::compress_from`].
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.prepared().compression.from = Some(bytes);
        self
    }

    /// Compresses no request message: see [`CallOptions::uncompressed`].
    pub fn uncompressed(mut self) -> Self {
        self.prepared().compression.leave_plain();
        self
    }

    /// Reads answers compressed with this encoding too: see [`CallOptions::accept_encoding`].
    pub fn accept_encoding(mut self, encoding: impl Into<Pooled>) -> Self {
        self.prepared().compression.accept(encoding.into());
        self
    }

    /// Reads answers compressed with these encodings and no others: see [`CallOptions::accept_encodings`].
    pub fn accept_encodings(mut self, encodings: Encodings) -> Self {
        self.prepared().compression.accept_only(encodings);
        self
    }
}

impl<Resp, S: GrpcService, Answers> fmt::Debug for Call<Resp, S, Answers> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
