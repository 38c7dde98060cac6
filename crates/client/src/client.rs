//! What every stub wraps: a service, a codec, and the settings of its calls.
//!
//! Generated stubs are one line per method over a [`Client`]; a stub written by hand is as short:
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

use std::{fmt, marker::PhantomData, sync::Arc};

use tower_layer::Layer;
use ziggurat_layers::{
    deadline::{DeadlineLayer, WithDeadline},
    metadata::{MetadataLayer, WithMetadata},
};
use ziggurat_protocol::{Codec, Method, Status, codec::Prost, method::shape};

use crate::{
    BoundMethod, Call, CallOptions, GrpcService, IntoMessages, Opener, StreamingCall,
    call::{Messages, Prepared, source},
};

/// The floors that every call of a stub goes through before the user's.
pub(crate) type Floors<S> = WithMetadata<WithDeadline<S>>;

/// Starts calls over a service; cloning costs a clone of the service and two reference counts.
pub struct Client<S, C = Prost> {
    service: S,
    metadata: MetadataLayer,
    options: Arc<CallOptions>,
    codec: PhantomData<fn() -> C>,
}

impl<S> Client<S> {
    /// Puts a client on a channel, or on any service that carries gRPC calls.
    pub fn new(service: S) -> Self
    where
        S: GrpcService,
    {
        Self {
            service,
            metadata: MetadataLayer::default(),
            options: Arc::default(),
            codec: PhantomData,
        }
    }
}

impl<S: Clone, C> Client<S, C> {
    /// Gives a client whose calls have these settings by default; what they leave open stays as it is here.
    pub fn with(&self, options: CallOptions) -> Self {
        let options = options.over(&self.options);
        Self {
            service: self.service.clone(),
            metadata: MetadataLayer::new(&options.metadata),
            options: Arc::new(options),
            codec: PhantomData,
        }
    }

    /// Gives a client that writes and reads messages with another codec.
    pub fn with_codec<D>(&self) -> Client<S, D> {
        Client {
            service: self.service.clone(),
            metadata: self.metadata.clone(),
            options: Arc::clone(&self.options),
            codec: PhantomData,
        }
    }
}

impl<S: GrpcService, C> Client<S, C> {
    /// Calls a method with one message and one answer.
    #[allow(clippy::needless_pass_by_value)] // calls of all shapes take their messages
    pub fn unary<Req, Resp>(
        &self,
        method: &'static Method<Req, Resp, shape::Unary>,
        request: Req,
    ) -> Call<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        Call::new(self.one(method, &request), C::decode)
    }

    /// Calls a method with one message and many answers.
    #[allow(clippy::needless_pass_by_value)] // as above
    pub fn server_streaming<Req, Resp>(
        &self,
        method: &'static Method<Req, Resp, shape::ServerStreaming>,
        request: Req,
    ) -> StreamingCall<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        StreamingCall::new(self.one(method, &request), C::decode)
    }

    /// Calls a method with many messages and one answer.
    pub fn client_streaming<Req: 'static, Resp, K>(
        &self,
        method: &'static Method<Req, Resp, shape::ClientStreaming>,
        messages: impl IntoMessages<Req, K>,
    ) -> Call<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        Call::new(self.many(method, messages), C::decode)
    }

    /// Calls a method with many messages and many answers, each at its own time.
    pub fn bidi<Req: 'static, Resp, K>(
        &self,
        method: &'static Method<Req, Resp, shape::Bidi>,
        messages: impl IntoMessages<Req, K>,
    ) -> StreamingCall<Resp, S>
    where
        C: Codec<Req, Resp>,
    {
        StreamingCall::new(self.many(method, messages), C::decode)
    }

    /// Opens calls whose sending and receiving is in your hands.
    pub fn open(&self) -> Opener<S, C> {
        Opener::new(self.clone())
    }

    /// Binds a method as a tower service over messages; of unary or server-streaming shape.
    pub fn service<Req, Resp, Shape>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
    ) -> BoundMethod<Req, Resp, Shape, S, C> {
        BoundMethod::new(self.clone(), method)
    }

    /// One message, encoded now.
    fn one<Req, Resp, Shape>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
        request: &Req,
    ) -> Prepared<S>
    where
        C: Codec<Req, Resp>,
    {
        let message = source::encode_one::<C, Req, Resp>(request);
        self.prepare(method, C::CONTENT_TYPE, message.map(Messages::One))
    }

    /// Messages that are encoded while they are sent.
    fn many<Req: 'static, Resp, Shape, K>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
        messages: impl IntoMessages<Req, K>,
    ) -> Prepared<S>
    where
        C: Codec<Req, Resp>,
    {
        let (watch, body) = source::body::<C, Req, Resp, _>(messages.into_messages());
        self.prepare(method, C::CONTENT_TYPE, Ok(Messages::Many(body, watch)))
    }

    /// A call with its own clone of the service, under the floors.
    pub(crate) fn prepare<Req, Resp, Shape>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
        content_type: &'static str,
        messages: Result<Messages, Status>,
    ) -> Prepared<S> {
        let defaults = self.options.limits;
        Prepared::new(
            self.floors(),
            method.path(),
            content_type,
            messages,
            defaults,
        )
    }

    fn floors(&self) -> Floors<S> {
        self.metadata.layer(
            // outermost: what retries and credentials below see is complete
            DeadlineLayer::from(self.options.limits.timeout).layer(
                // one clock for readiness, retries, queueing, headers and the body
                self.service.clone(), // the user's floors, down to the ground
            ),
        )
    }
}

impl<S: Clone, C> Clone for Client<S, C> {
    fn clone(&self) -> Self {
        self.with_codec()
    }
}

impl<S, C> fmt::Debug for Client<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
