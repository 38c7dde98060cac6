//! Describes one RPC: path, message types, shape and idempotency.
//!
//! ```
//! use ziggurat_protocol::{Method, method::shape};
//!
//! const WATCH: Method<String, u64, shape::ServerStreaming> = Method::new("/cafe.v1.CoffeeMachine/Watch");
//! assert_eq!((WATCH.service(), WATCH.name()), ("cafe.v1.CoffeeMachine", "Watch"));
//! ```

use std::{fmt, marker::PhantomData};

use bytes::Bytes;

/// The four shapes of a gRPC call, as types.
pub mod shape {
    /// One request, one answer.
    #[derive(Clone, Copy, Debug)]
    pub enum Unary {}
    /// One request, many answers.
    #[derive(Clone, Copy, Debug)]
    pub enum ServerStreaming {}
    /// Many requests, one answer.
    #[derive(Clone, Copy, Debug)]
    pub enum ClientStreaming {}
    /// Many requests, many answers.
    #[derive(Clone, Copy, Debug)]
    pub enum Bidi {}
}

/// What a method's `idempotency_level` option in the `.proto` file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Nothing is known; the call must not be repeated once it may have been executed.
    #[default]
    Unknown,
    /// The call changes nothing.
    NoSideEffects,
    /// The call may be repeated.
    Idempotent,
}

/// One RPC of a service: its path and the types of its messages.
///
/// A method is a constant without a codec, so that one generated stub serves several codecs. `Shape` is one of
/// [`shape`]'s types.
pub struct Method<Req, Resp, Shape = shape::Unary> {
    path: &'static str,
    idempotency: Idempotency,
    types: PhantomData<fn(Req, Shape) -> Resp>,
}

impl<Req, Resp, Shape> Method<Req, Resp, Shape> {
    /// Names a method by its path, `/package.Service/Method`.
    ///
    /// The path goes to the wire as it is (A-4). A path that is not one fails the call with INTERNAL.
    pub const fn new(path: &'static str) -> Self {
        Self {
            path,
            idempotency: Idempotency::Unknown,
            types: PhantomData,
        }
    }

    /// States the method's idempotency.
    pub const fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// Retypes the method to raw message bytes, for proxies and tools.
    pub const fn raw(&self) -> Method<Bytes, Bytes, Shape> {
        Method {
            path: self.path,
            idempotency: self.idempotency,
            types: PhantomData,
        }
    }

    /// The path, `/package.Service/Method`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The full name of the service, `package.Service`.
    pub fn service(&self) -> &'static str {
        self.parts().0
    }

    /// The name of the method within its service.
    pub fn name(&self) -> &'static str {
        self.parts().1
    }

    /// What the `.proto` file says of the method's idempotency.
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    fn parts(&self) -> (&'static str, &'static str) {
        let path = self.path.strip_prefix('/').unwrap_or(self.path);
        path.rsplit_once('/').unwrap_or(("", path))
    }
}

impl<Req, Resp, Shape> Clone for Method<Req, Resp, Shape> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Req, Resp, Shape> Copy for Method<Req, Resp, Shape> {}

impl<Req, Resp, Shape> fmt::Debug for Method<Req, Resp, Shape> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Method").field(&self.path).finish()
    }
}
