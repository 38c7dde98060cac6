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

use std::fmt;

use ziggurat_protocol::{Codec, Method, codec::Prost, method::shape};

use crate::{
    BoundMethod, Call, CallOptions, GrpcService, IntoMessages, OneRequest, Opener, StreamingCall,
    caller::Caller,
};

/// Starts calls over a service; cloning costs a clone of the service and two reference counts.
pub struct Client<S, C = Prost> {
    caller: Caller<S, C>,
}

impl<S> Client<S> {
    /// Puts a client on a channel, or on any service that carries gRPC calls.
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
    /// Gives a client whose calls have these settings by default; what they leave open stays as it is here.
    pub fn with(&self, options: CallOptions) -> Self {
        Self {
            caller: self.caller.with(options),
        }
    }

    /// Gives a client that writes and reads messages with another codec.
    pub fn with_codec<D>(&self) -> Client<S, D> {
        Client {
            caller: self.caller.with_codec(),
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
        Call::new(self.caller.one(method, &request), C::decode)
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
        StreamingCall::new(self.caller.one(method, &request), C::decode)
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
        Call::new(self.caller.many(method, messages), C::decode)
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
        StreamingCall::new(self.caller.many(method, messages), C::decode)
    }

    /// Opens calls whose sending and receiving is in your hands.
    pub fn open(&self) -> Opener<S, C> {
        Opener::new(self.caller.clone())
    }

    /// Binds a method as a tower service over messages; of unary or server-streaming shape.
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
        let options = &self.caller.options;
        f.debug_struct("Client")
            .field("options", options)
            .finish_non_exhaustive()
    }
}
