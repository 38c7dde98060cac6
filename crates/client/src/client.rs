//! What every stub wraps: a service, a codec, and the settings of its calls.
//!
//! A [`Client`] knows no service definition: each of its methods takes a [`Method`], which names
//! the path and the types of the messages. Stubs fix that. Generated ones are one line per method
//! over a client; a stub written by hand is as short:
//!
//! # Example
//!
//! ```
//! use ziggurat::{Call, Channel, Client, GrpcService, Method, shape};
//!
//! const GREET: Method<String, String, shape::Unary> = Method::new("/hello.v1.Greeter/Greet");
//!
//! #[derive(Clone)]
//! struct Greeter<S = Channel>(Client<S>);
//!
//! impl<S: GrpcService> Greeter<S> {
//!     fn greet(&self, name: String) -> Call<String, S> {
//!         self.0.unary(&GREET, name)
//!     }
//! }
//! ```

use std::fmt;

use ziggurat_protocol::{Codec, Method, codec::Prost, method::shape};

use crate::{
    BoundMethod, Call, CallOptions, GrpcService, IntoMessages, OneRequest, Opener, StreamingCall,
    caller::Caller,
};

/// Starts calls over a service, with a codec and with settings.
///
/// Cloning costs a clone of the service and two reference counts. `S` is what carries the calls: a
/// [`Channel`](crate::Channel), layers around one, any HTTP service of tower. `C` is the codec,
/// [`Prost`] by default.
///
/// A client has no state of its own beside its settings. Each call has a clone of the service,
/// waits until that is ready, and calls it once; so what is shared between calls (a connection, a
/// limit) is what clones of the service share.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let coffee: String = client.unary(&MAKE, "latte".to_owned()).await?;
/// assert_eq!(coffee, "latte");
/// # Ok(()) }) }
/// ```
pub struct Client<S, C = Prost> {
    caller: Caller<S, C>,
}

impl<S> Client<S> {
    /// Puts a client on a channel, or on any service that carries gRPC calls.
    ///
    /// Nothing is set: no timeout, no metadata, 4 MiB for an answer message, 8 KiB for metadata; no
    /// request is compressed, and every answer whose encoding is built in is read.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use tower::{ServiceBuilder, limit::ConcurrencyLimitLayer};
    /// use ziggurat::Client;
    ///
    /// let service = ServiceBuilder::new()
    ///     .layer(ConcurrencyLimitLayer::new(8)) // of all calls of this client and its clones
    ///     .service(cafe());
    /// let client = Client::new(service);
    /// client.unary(&MAKE, "latte".to_owned()).await?;
    /// # Ok(()) }) }
    /// ```
    pub fn new(service: S) -> Self
    where
        S: GrpcService,
    {
        Self {
            caller: Caller::new(service),
        }
    }
}

impl<S: Clone, C> Client<S, C> {
    /// Gives a client whose calls have these settings by default.
    ///
    /// What they leave open stays as it is here; metadata is completed key by key. A call's own
    /// settings win. This client is not changed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use std::time::Duration;
    /// use ziggurat::{CallOptions, Client};
    ///
    /// let client = Client::new(cafe());
    /// let patient = client.with(CallOptions::new().timeout(Duration::from_secs(30)));
    /// let tenant = patient.with(CallOptions::new().metadata("x-tenant", "acme")?);
    ///
    /// let response = tenant.unary(&MAKE, "latte".to_owned()).send().await?; // within 30 seconds
    /// assert_eq!(response.initial_metadata().get("x-tenant"), Some("acme"));
    /// # Ok(()) }) }
    /// ```
    pub fn with(&self, options: CallOptions) -> Self {
        Self {
            caller: self.caller.with(options),
        }
    }

    /// Gives a client that writes and reads messages with another codec.
    ///
    /// Service and settings stay. A proxy that passes messages on as they are:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use bytes::Bytes;
    /// use ziggurat::{Client, Method, Raw};
    ///
    /// const PASS_ON: Method<Bytes, Bytes> = MAKE.raw();
    ///
    /// let client = Client::new(cafe()).with_codec::<Raw>();
    /// let answer = client.unary(&PASS_ON, Bytes::from_static(b"\x0a\x05latte")).await?;
    /// assert_eq!(answer, b"\x0a\x05latte"[..]);
    /// # Ok(()) }) }
    /// ```
    pub fn with_codec<D>(&self) -> Client<S, D> {
        Client {
            caller: self.caller.with_codec(),
        }
    }
}

impl<S: GrpcService, C> Client<S, C> {
    /// Calls a method with one message and one answer.
    ///
    /// The message is encoded now, whatever becomes of the call; if that fails, the call ends with
    /// it. Nothing is sent before the call is awaited.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Code};
    ///
    /// let client = Client::new(cafe());
    /// match client.unary(&MAKE, "latte".to_owned()).await {
    ///     Ok(coffee) => println!("{coffee}"),
    ///     Err(status) if status.code() == Code::NotFound => println!("not on the menu"),
    ///     Err(status) => return Err(status.into()),
    /// }
    /// # Ok(()) }) }
    /// ```
    #[allow(clippy::needless_pass_by_value)] // calls of all shapes take their messages
    pub fn unary<Req, Resp>(
        &self,
        method: &'static Method<Req, Resp, shape::Unary>,
        request: Req,
    ) -> Call<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        Call::new(self.caller.one(method, &request), C::decode_from)
    }

    /// Calls a method with one message and many answers.
    ///
    /// Awaiting it gives a [`Streaming`](crate::Streaming) when the request is under way;
    /// [`collect`](StreamingCall::collect) gives all answers.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let mut orders = client.server_streaming(&WATCH, "table 7".to_owned()).await?;
    /// while let Some(order) = orders.recv().await? {
    ///     println!("{order}");
    /// }
    /// # Ok(()) }) }
    /// ```
    #[allow(clippy::needless_pass_by_value)] // as above
    pub fn server_streaming<Req, Resp>(
        &self,
        method: &'static Method<Req, Resp, shape::ServerStreaming>,
        request: Req,
    ) -> StreamingCall<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        StreamingCall::new(self.caller.one(method, &request), C::decode_from)
    }

    /// Calls a method with many messages and one answer.
    ///
    /// The messages are an iterator, a stream, or a stream of results: see [`IntoMessages`]. Each
    /// is encoded when there is room for it, by who awaits the call: the transport reads as fast as
    /// the server takes, and less than 16 KiB wait before the next message is asked for.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let beans = ["a bean", "one more"].map(String::from);
    /// let count = client.client_streaming(&UPLOAD, beans).await?;
    /// assert_eq!(count, "2");
    /// # Ok(()) }) }
    /// ```
    pub fn client_streaming<Req: 'static, Resp, K>(
        &self,
        method: &'static Method<Req, Resp, shape::ClientStreaming>,
        messages: impl IntoMessages<Req, K>,
    ) -> Call<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        Call::new(self.caller.many(method, messages), C::decode_from)
    }

    /// Calls a method with many messages and many answers, each at its own time.
    ///
    /// The messages are taken as by [`client_streaming`](Self::client_streaming), while answers are
    /// read: if nobody reads them, the request does not go on. Where a message depends on an answer,
    /// or nobody may read for long, an [opened call](Self::open) is simpler.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use tokio_stream::StreamExt;
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let lines = tokio_stream::iter(["hello", "bye"]).map(String::from);
    /// let answers = client.bidi(&CHAT, lines).collect().await?;
    /// assert_eq!(answers, ["hello", "bye"]);
    /// # Ok(()) }) }
    /// ```
    pub fn bidi<Req: 'static, Resp, K>(
        &self,
        method: &'static Method<Req, Resp, shape::Bidi>,
        messages: impl IntoMessages<Req, K>,
    ) -> StreamingCall<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        StreamingCall::new(self.caller.many(method, messages), C::decode_from)
    }

    /// Opens calls whose sending and receiving is in your hands: see the module
    /// [`open`](crate::open).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let mut call = client.open().bidi(&CHAT);
    /// call.send("hello".to_owned()).await?;
    /// assert_eq!(call.recv().await?.as_deref(), Some("hello"));
    /// call.end().await?;
    /// assert_eq!(call.recv().await?, None);
    /// # Ok(()) }) }
    /// ```
    pub fn open(&self) -> Opener<S, C> {
        Opener::new(self.caller.clone())
    }

    /// Binds a method as a tower service over messages; of unary or server-streaming shape.
    ///
    /// See [`BoundMethod`]; its calls have the settings of this client.
    pub fn service<Req, Resp, Shape: OneRequest>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
    ) -> BoundMethod<Req, Resp, Shape, S, C> {
        BoundMethod::new(self.caller.clone(), method)
    }
}

impl<S: Clone, C> Clone for Client<S, C> {
    fn clone(&self) -> Self {
        self.with_codec()
    }
}

impl<S, C> fmt::Debug for Client<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.caller.defaults.options;
        f.debug_struct("Client")
            .field("options", options)
            .finish_non_exhaustive()
    }
}
