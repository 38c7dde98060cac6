//! Describes one RPC: path, message types, shape and idempotency.
//!
//! A [`Method`] is a constant. Generated code has one for each RPC; a stub written by hand declares
//! those it calls. What a call can do follows from its types: which messages go in and out, and how
//! many.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Method, shape};
//!
//! const WATCH: Method<String, u64, shape::ServerStreaming> =
//!     Method::new("/cafe.v1.CoffeeMachine/Watch");
//! assert_eq!((WATCH.service(), WATCH.name()), ("cafe.v1.CoffeeMachine", "Watch"));
//! ```

mod descriptor;

pub use descriptor::MethodDescriptor;

use std::{fmt, marker::PhantomData};

use bytes::Bytes;

/// The four shapes of a gRPC call, as types.
///
/// They have no values. A shape is the last parameter of a [`Method`]'s type, and a method of one
/// shape is refused by the compiler where another is called.
///
/// ```
/// use ziggurat::{Method, shape};
///
/// // rpc Greet(Name) returns (Greeting);
/// const GREET: Method<String, String, shape::Unary> = Method::new("/hello.v1.Greeter/Greet");
/// // rpc Count(Name) returns (stream uint64);
/// const COUNT: Method<String, u64, shape::ServerStreaming> =
///     Method::new("/hello.v1.Greeter/Count");
/// // rpc Add(stream uint64) returns (uint64);
/// const ADD: Method<u64, u64, shape::ClientStreaming> = Method::new("/hello.v1.Greeter/Add");
/// // rpc Talk(stream Name) returns (stream Greeting);
/// const TALK: Method<String, String, shape::Bidi> = Method::new("/hello.v1.Greeter/Talk");
/// # let _ = (GREET, COUNT, ADD, TALK);
/// ```
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

    /// Which side of a call sends many messages; the four shapes have it, nobody else needs it.
    ///
    /// ```
    /// use ziggurat::shape::{Bidi, Shape, Unary};
    ///
    /// assert!(Bidi::CLIENT_STREAMING && Bidi::SERVER_STREAMING);
    /// assert!(!(Unary::CLIENT_STREAMING || Unary::SERVER_STREAMING));
    /// ```
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not the shape of a call",
        note = "the shapes are `Unary`, `ServerStreaming`, `ClientStreaming` and `Bidi` of `ziggurat::shape`"
    )]
    pub trait Shape {
        /// Whether the client sends many messages.
        const CLIENT_STREAMING: bool;
        /// Whether the server answers with many messages.
        const SERVER_STREAMING: bool;
    }

    impl Shape for Unary {
        const CLIENT_STREAMING: bool = false;
        const SERVER_STREAMING: bool = false;
    }

    impl Shape for ServerStreaming {
        const CLIENT_STREAMING: bool = false;
        const SERVER_STREAMING: bool = true;
    }

    impl Shape for ClientStreaming {
        const CLIENT_STREAMING: bool = true;
        const SERVER_STREAMING: bool = false;
    }

    impl Shape for Bidi {
        const CLIENT_STREAMING: bool = true;
        const SERVER_STREAMING: bool = true;
    }
}

/// What a method's `idempotency_level` option in the `.proto` file says.
///
/// Nothing here acts on it: it is there for what decides about repeating a call. A layer has it from
/// the request: [`MethodDescriptor::of`].
///
/// ```
/// use ziggurat::{Idempotency, Method};
///
/// const PRICE: Method<String, u64> = Method::new("/cafe.v1.CoffeeMachine/Price")
///     .with_idempotency(Idempotency::NoSideEffects);
/// assert_ne!(PRICE.idempotency(), Idempotency::Unknown);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
/// A method is a constant without a codec, so that one generated stub serves several codecs.
/// `Shape` is one of [`shape`]'s types; left out, it is [`shape::Unary`]. Clients take a method as
/// `&'static`, which a reference to a constant is.
///
/// ```
/// use ziggurat::Method;
///
/// const MAKE: Method<String, String> = Method::new("/cafe.v1.CoffeeMachine/MakeLatte");
/// let method: &'static Method<String, String> = &MAKE;
/// assert_eq!(method.path(), "/cafe.v1.CoffeeMachine/MakeLatte");
/// ```
pub struct Method<Req, Resp, Shape = shape::Unary> {
    descriptor: MethodDescriptor,
    types: PhantomData<fn(Req, Shape) -> Resp>,
}

impl<Req, Resp, Shape> Method<Req, Resp, Shape> {
    /// Names a method by its path, `/package.Service/Method`.
    ///
    /// The path goes to the wire as it is: case matters, nothing is escaped (A-4). It is not
    /// checked here; one that does not begin with `/`, or holds what no path may, fails each call
    /// with INTERNAL before anything is sent.
    pub const fn new(path: &'static str) -> Self
    where
        Shape: shape::Shape,
    {
        Self {
            descriptor: MethodDescriptor {
                path,
                idempotency: Idempotency::Unknown,
                client_streaming: Shape::CLIENT_STREAMING,
                server_streaming: Shape::SERVER_STREAMING,
            },
            types: PhantomData,
        }
    }

    /// States the method's idempotency; [`Idempotency::Unknown`] by default.
    pub const fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        self.descriptor.idempotency = idempotency;
        self
    }

    /// Retypes the method to raw message bytes, for proxies and tools.
    ///
    /// Only the codec [`Raw`](crate::codec::Raw) carries it. Path, shape and idempotency stay.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use ziggurat::Method;
    ///
    /// const MAKE: Method<String, String> = Method::new("/cafe.v1.CoffeeMachine/MakeLatte");
    /// const PASS_ON: Method<Bytes, Bytes> = MAKE.raw();
    /// assert_eq!(PASS_ON.path(), MAKE.path());
    /// ```
    pub const fn raw(&self) -> Method<Bytes, Bytes, Shape> {
        Method {
            descriptor: self.descriptor,
            types: PhantomData,
        }
    }

    /// The path, `/package.Service/Method`.
    pub const fn path(&self) -> &'static str {
        self.descriptor.path
    }

    /// The full name of the service, `package.Service`; empty if the path names none.
    pub fn service(&self) -> &'static str {
        self.descriptor.service()
    }

    /// The name of the method within its service: what follows the path's last `/`.
    pub fn name(&self) -> &'static str {
        self.descriptor.name()
    }

    /// What the `.proto` file says of the method's idempotency.
    pub const fn idempotency(&self) -> Idempotency {
        self.descriptor.idempotency
    }

    /// Name, shape and idempotency, as layers see them in a request of this method.
    pub const fn descriptor(&self) -> &MethodDescriptor {
        &self.descriptor
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
        f.debug_tuple("Method").field(&self.path()).finish()
    }
}
