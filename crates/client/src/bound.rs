//! A method as a tower service over messages, for people who compose typed services.
//!
//! Layers below a stub see HTTP. What should see messages (a cache by request, a buffer in front of
//! one method, a choice between two servers by what is asked) goes around a [`BoundMethod`], which
//! is a `tower::Service` of requests. Messages are encoded when it is called and decoded before it
//! answers.
//!
//! # Example
//!
//! ```
//! use tower::{Service, ServiceExt, buffer::Buffer};
//! use ziggurat::{Channel, Client, Method, shape};
//!
//! const GREET: Method<String, String, shape::Unary> = Method::new("/hello.v1.Greeter/Greet");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let greet = Client::new(Channel::default()).service(&GREET);
//! let mut buffered = Buffer::new(greet, 16); // a `Service<String, Response = Response<String>>`
//! # let _ = &mut buffered;
//! # }
//! ```

use std::{
    fmt,
    task::{Context, Poll},
};

use tower_service::Service;
use ziggurat_protocol::{Codec, Method, Status, codec::Prost, method::shape};

use crate::{
    Call, GrpcService, Response, Streaming, StreamingCall,
    call::{ResponseFuture, StartFuture},
    caller::Caller,
};

/// One method of a client as a `tower::Service<Req>`; [`Client::service`](crate::Client::service)
/// makes it.
///
/// Unary methods answer with a [`Response`], server-streaming ones with a [`Streaming`]. The error
/// is the call's [`Status`].
///
/// It is always ready: the service below is waited for inside the call, under its deadline. To see
/// readiness, put what looks at it (load shed, a balancer) below the stub.
///
/// # Cancel safety
///
/// As with calls of the client: dropping the future, or the stream, cancels the call (B-20).
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use tower::{Service, ServiceExt};
/// use ziggurat::{Client, Response};
///
/// let client = Client::new(cafe());
/// let mut make = client.service(&MAKE).map_response(Response::into_message);
/// let coffee = make.ready().await?.call("latte".to_owned()).await?;
/// assert_eq!(coffee, "latte");
/// # Ok(()) }) }
/// ```
pub struct BoundMethod<Req: 'static, Resp: 'static, Shape: 'static, S, C = Prost> {
    caller: Caller<S, C>,
    method: &'static Method<Req, Resp, Shape>,
}

/// The shapes whose methods are services over messages: those with one request message.
///
/// They are [`shape::Unary`] and [`shape::ServerStreaming`]; nobody needs to implement it.
#[diagnostic::on_unimplemented(
    message = "a {Self} method cannot be a service over messages",
    note = "only a method with one request message can: unary or server-streaming"
)]
pub trait OneRequest {}

impl OneRequest for shape::Unary {}
impl OneRequest for shape::ServerStreaming {}

impl<Req, Resp, Shape, S, C> BoundMethod<Req, Resp, Shape, S, C> {
    pub(crate) fn new(caller: Caller<S, C>, method: &'static Method<Req, Resp, Shape>) -> Self {
        Self { caller, method }
    }
}

impl<Req, Resp, S, C> Service<Req> for BoundMethod<Req, Resp, shape::Unary, S, C>
where
    S: GrpcService,
    C: Codec<Req, Resp>,
{
    type Response = Response<Resp>;
    type Error = Status;
    type Future = ResponseFuture<Resp, S>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        Call::new(self.caller.one(self.method, &request), C::decode_from).send()
    }
}

impl<Req, Resp, S, C> Service<Req> for BoundMethod<Req, Resp, shape::ServerStreaming, S, C>
where
    S: GrpcService,
    C: Codec<Req, Resp>,
{
    type Response = Streaming<Resp>;
    type Error = Status;
    type Future = StartFuture<Resp>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        StreamingCall::new(self.caller.one(self.method, &request), C::decode_from).start()
    }
}

impl<Req, Resp, Shape, S: Clone, C> Clone for BoundMethod<Req, Resp, Shape, S, C> {
    fn clone(&self) -> Self {
        Self::new(self.caller.clone(), self.method)
    }
}

impl<Req, Resp, Shape, S, C> fmt::Debug for BoundMethod<Req, Resp, Shape, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundMethod")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}
