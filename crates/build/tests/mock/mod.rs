//! The names generated code uses, with the signatures of the client and nothing behind them.
#![allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_value)]

use std::marker::PhantomData;

#[derive(Clone)]
pub struct Channel;
pub struct Prost;
pub struct CallOptions;
pub struct Call<Resp, S>(PhantomData<(Resp, S)>);
pub struct StreamingCall<Resp, S>(PhantomData<(Resp, S)>);
pub struct BoundMethod<Req, Resp, Shape, S, C>(PhantomData<(Req, Resp, Shape, S, C)>);
pub trait GrpcService {}
pub trait OneRequest {}
impl OneRequest for shape::Unary {}
impl OneRequest for shape::ServerStreaming {}
impl GrpcService for Channel {}
pub trait Codec<Req, Resp> {}
impl<Req, Resp> Codec<Req, Resp> for Prost {}
pub trait IntoMessages<M, K> {}
impl<M, I: IntoIterator<Item = M>> IntoMessages<M, ()> for I {}
pub enum Idempotency {
    NoSideEffects,
    Idempotent,
}
pub mod shape {
    pub struct Unary;
    pub struct ServerStreaming;
    pub struct ClientStreaming;
    pub struct Bidi;
}
pub mod open {
    use std::marker::PhantomData;
    pub struct Unary<Req, Resp>(pub PhantomData<(Req, Resp)>);
    pub struct ServerStreaming<Req, Resp>(pub PhantomData<(Req, Resp)>);
    pub struct ClientStreaming<Req, Resp>(pub PhantomData<(Req, Resp)>);
    pub struct Bidi<Req, Resp>(pub PhantomData<(Req, Resp)>);
}
pub struct Method<Req, Resp, Shape> {
    pub path: &'static str,
    pub types: PhantomData<fn(Req, Shape) -> Resp>,
}
impl<Req, Resp, Shape> Method<Req, Resp, Shape> {
    pub const fn new(path: &'static str) -> Self {
        let types = PhantomData;
        Self { path, types }
    }
    pub const fn with_idempotency(self, level: Idempotency) -> Self {
        self
    }
}
pub struct Client<S, C>(PhantomData<(S, C)>);
pub struct Opener<S, C>(PhantomData<(S, C)>);
impl<S: Clone, C> Clone for Client<S, C> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}
impl<S> Client<S, Prost> {
    pub fn new(service: S) -> Self {
        Self(PhantomData)
    }
}
impl<S, C> Client<S, C> {
    pub fn with(&self, options: CallOptions) -> Self {
        Self(PhantomData)
    }
    pub fn with_codec<D>(&self) -> Client<S, D> {
        Client(PhantomData)
    }
    pub fn open(&self) -> Opener<S, C> {
        Opener(PhantomData)
    }
    pub fn service<Req, Resp, Shape: OneRequest>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
    ) -> BoundMethod<Req, Resp, Shape, S, C> {
        BoundMethod(PhantomData)
    }
}
macro_rules! shapes {
    ($($name:ident $shape:ident $call:ident ($($k:ident)?) $message:ty;)*) => {
        impl<S, C> Client<S, C> {
            $(pub fn $name<Req, Resp $(, $k)?>(
                &self, method: &'static Method<Req, Resp, shape::$shape>, message: $message,
            ) -> $call<Resp, S> where C: Codec<Req, Resp> { $call(PhantomData) })*
        }
        impl<S, C> Opener<S, C> {
            $(pub fn $name<Req, Resp>(self, method: &'static Method<Req, Resp, shape::$shape>)
                -> open::$shape<Req, Resp> where C: Codec<Req, Resp> { open::$shape(PhantomData) })*
        }
    };
}
shapes! {
    unary Unary Call () Req;
    server_streaming ServerStreaming StreamingCall () Req;
    client_streaming ClientStreaming Call (K) impl IntoMessages<Req, K>;
    bidi Bidi StreamingCall (K) impl IntoMessages<Req, K>;
}
