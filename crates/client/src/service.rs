//! The one bound of everything a stub can stand on.

use bytes::Buf;
use tower_service::Service;
use ziggurat_protocol::{Body, BoxError};

/// Any tower HTTP service that can carry gRPC calls: a [`Channel`](crate::Channel), layers around one, a router.
///
/// An alias with one blanket implementation; nobody implements it by hand.
///
/// ```
/// use ziggurat::{Body, Channel, GrpcService};
///
/// fn carries(_: impl GrpcService) {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// carries(Channel::default());
/// carries(tower::limit::ConcurrencyLimit::new(Channel::default(), 8));
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot carry gRPC calls",
    label = "a stub cannot stand on this",
    note = "needed is a `tower::Service<http::Request<ziggurat::Body>>` that answers with an `http::Response`, is \
            `Clone + Send + 'static`, and whose future is `Send + 'static`"
)]
pub trait GrpcService:
    Service<
        http::Request<Body>,
        Response = http::Response<<Self as GrpcService>::ResponseBody>,
        Error: Into<BoxError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
    /// The body of its answers.
    type ResponseBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static;
}

impl<S, B> GrpcService for S
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type ResponseBody = B;
}
