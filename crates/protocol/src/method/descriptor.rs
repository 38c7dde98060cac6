use super::Idempotency;

/// What is known of a method beside the types of its messages: name, shape, idempotency.
///
/// Each request of a stub has that of its method; [`MethodDescriptor::of`] gives it to layers, which
/// need not know the method. A request made by hand has it by
/// [`Body::with_method`](crate::Body::with_method), or as an extension.
///
/// ```
/// use ziggurat::{Idempotency, Method, shape};
///
/// const WATCH: Method<String, u64, shape::ServerStreaming> =
///     Method::new("/cafe.v1.CoffeeMachine/Watch").with_idempotency(Idempotency::NoSideEffects);
/// let watch = WATCH.descriptor();
/// assert_eq!(watch.full_name(), "cafe.v1.CoffeeMachine/Watch");
/// assert_eq!((watch.service(), watch.name()), ("cafe.v1.CoffeeMachine", "Watch"));
/// assert!(watch.is_server_streaming() && !watch.is_client_streaming());
/// assert_eq!(watch.idempotency(), Idempotency::NoSideEffects);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MethodDescriptor {
    pub(super) path: &'static str,
    pub(super) idempotency: Idempotency,
    pub(super) client_streaming: bool,
    pub(super) server_streaming: bool,
}

impl MethodDescriptor {
    /// The path, `/package.Service/Method`, as requests have it.
    ///
    /// A channel may put a prefix before it, which layers above do not see.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The full name, `package.Service/Method`: the path without its first `/`.
    pub fn full_name(&self) -> &'static str {
        self.path.strip_prefix('/').unwrap_or(self.path)
    }

    /// The full name of the service, `package.Service`; empty if the path names none.
    pub fn service(&self) -> &'static str {
        self.parts().0
    }

    /// The name of the method within its service: what follows the path's last `/`.
    pub fn name(&self) -> &'static str {
        self.parts().1
    }

    /// Whether a call sends many messages.
    pub const fn is_client_streaming(&self) -> bool {
        self.client_streaming
    }

    /// Whether a call is answered with many messages.
    pub const fn is_server_streaming(&self) -> bool {
        self.server_streaming
    }

    /// What the `.proto` file says of the method's idempotency.
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    fn parts(&self) -> (&'static str, &'static str) {
        let name = self.full_name();
        name.rsplit_once('/').unwrap_or(("", name))
    }
}
