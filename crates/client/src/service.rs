//! The one bound of everything a stub can stand on.
//!
//! It is an alias: whatever meets the bounds of [`GrpcService`] is one.

use bytes::Buf;
use tower_service::Service;
use ziggurat_protocol::{Body, BoxError};

/// Any tower HTTP service that can carry gRPC calls: a [`Channel`](crate::Channel), layers around
/// one, a router.
///
/// An alias with one blanket implementation; nobody implements it by hand. What it asks for is a
/// `tower::Service<http::Request<Body>>` that answers with an `http::Response`, is
/// `Clone + Send + 'static`, and whose future and answer's body are `Send + 'static`.
///
/// # What it is asked, and what it may answer
///
/// A request has the path of its method as URI, `content-type` and the call's metadata as headers,
/// and a [`Body`] of framed messages. Scheme, authority, `te` and `user-agent` are added by a
/// channel, or by the origin floor of [`layers`](crate::layers). The service is called once for
/// each call, on a clone that was waited for until it was ready.
///
/// An answer is read by gRPC's rules: its status is in its trailers, or in its headers if its body
/// is at its end (A-75). What is no gRPC becomes a status by its HTTP status (A-73). An error
/// becomes the status that stands in its chain, or the one that [`layers::status::from_error`]
/// gives it. Answers of several kinds become one type by [`Body::new`].
///
/// [`layers::status::from_error`]: crate::layers::status::from_error
///
/// # Example
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
///
/// A ground floor of one's own, which sends back what it gets:
///
/// ```
/// use http::{HeaderMap, Request, Response};
/// use http_body_util::BodyExt;
/// use ziggurat::{Body, BoxError, Client, Method};
///
/// const ECHO: Method<String, String> = Method::new("/hello.v1.Greeter/Echo");
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let echo = tower::service_fn(async |request: Request<Body>| {
///     let ok = HeaderMap::from_iter([("grpc-status".parse()?, 0.into())]);
///     let body = request.into_body().with_trailers(async { Some(Ok(ok)) });
///     let answer = Response::builder().header("content-type", "application/grpc");
///     Ok::<_, BoxError>(answer.body(body)?)
/// });
/// assert_eq!(Client::new(echo).unary(&ECHO, "hello".to_owned()).await?, "hello");
/// # Ok(())
/// # }
/// ```
///
/// A floor that answers some calls by itself; [`Body::new`] gives both kinds of answers one type:
///
/// ```
/// use http::{Request, Response};
/// use tower::{ServiceExt, service_fn};
/// use ziggurat::{Body, BoxError, Channel, Client, Code, Status, protocol::response};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let channel = Channel::default();
/// let closed_on_mondays = service_fn(move |request: Request<Body>| {
///     let channel = channel.clone();
///     async move {
///         if request.headers().get("x-day").is_some_and(|day| day == "monday") {
///             let closed = Status::new(Code::Unavailable, "it is monday");
///             return Ok(response::trailers_only(closed));
///         }
///         let answer: Response<_> = channel.oneshot(request).await?;
///         Ok::<_, BoxError>(answer.map(Body::new))
///     }
/// });
/// # const MAKE: ziggurat::Method<String, String> = ziggurat::Method::new("/cafe.v1.Machine/Make");
/// let client = Client::new(closed_on_mondays);
/// let call = client.unary(&MAKE, "latte".to_owned()).metadata("x-day", "monday");
/// assert_eq!(call.await.unwrap_err().to_string(), "UNAVAILABLE: it is monday");
/// # }
/// ```
///
/// # In a spawned block
///
/// A call over any service is `Send`, and the compiler sees it: over boxed ones with boxed errors, over closures, over
/// tower's and tower-http's layers. The exceptions are layers whose futures read their parts off the service in a bound:
/// `filter_async` with a function that gives a `BoxError`, `retry` with a policy for `BoxError` alone (one for every
/// error is fine), `hedge`; and what keeps several calls over boxed services and their outputs in one future, as
/// `join_all` does, where a `JoinSet` or spawned calls do as well. Of those it says "implementation of `From` is not general enough" in a spawned block, with
/// or without a stub around. What helps is a box around the stack, such as tower's `BoxCloneSyncService`.
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
    /// The body of its answers; an alias too, for what the service's `Response` holds.
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
