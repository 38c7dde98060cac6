use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Connection, ResponseBody, SendError};

/// A layer that prepares the requests of a connection.
///
/// An alias: implement `tower_layer::Layer<Connection<B>>`. It is put around each connection of a
/// [`Channel`](crate::Channel), so that what it writes into a request is true when the request leaves: who the
/// connection leads to, how much time is left. It must not fail on what it wrote itself: a request that came back unsent
/// passes it again, with the head that it was given and the extensions that it had then.
///
/// ```
/// use http::{HeaderValue, Request};
/// use std::task::{Context, Poll};
/// use tower_layer::Layer;
/// use tower_service::Service;
/// use ziggurat_transport::{Connection, RequestBody, channel::Prepare};
///
/// /// Numbers the connections, and tells the server.
/// #[derive(Clone, Default)]
/// struct Numbered(std::sync::Arc<std::sync::atomic::AtomicU64>);
///
/// #[derive(Clone)]
/// struct WithNumber<S>(S, HeaderValue);
///
/// impl<S> Layer<S> for Numbered {
///     type Service = WithNumber<S>;
///
///     fn layer(&self, connection: S) -> WithNumber<S> {
///         let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         WithNumber(connection, number.into())
///     }
/// }
///
/// impl<S: Service<Request<B>>, B> Service<Request<B>> for WithNumber<S> {
///     type Response = S::Response;
///     type Error = S::Error;
///     type Future = S::Future;
///
///     fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
///         self.0.poll_ready(cx)
///     }
///
///     fn call(&mut self, mut request: Request<B>) -> S::Future {
///         request.headers_mut().insert("x-connection", self.1.clone());
///         self.0.call(request)
///     }
/// }
///
/// fn prepares<B: RequestBody>(_: impl Prepare<B>) {}
/// # fn check<B: RequestBody>() {
/// prepares::<B>(Numbered::default());
/// # }
/// ```
pub trait Prepare<B>: Layer<Connection<B>, Service: Attempt<B>> + Send + Sync + 'static {}

impl<L, B> Prepare<B> for L where
    L: Layer<Connection<B>, Service: Attempt<B>> + Send + Sync + 'static
{
}

/// A service that sends one request over one connection: what a [`Prepare`] layer makes.
///
/// An alias: implement `tower_service::Service<Request<B>>` and pass the [`SendError`] of the connection on, so that an
/// unsent request is not lost. It is cloned for each attempt.
pub trait Attempt<B>:
    Service<Request<B>, Response = Response<ResponseBody>, Error = SendError<B>>
    + Clone
    + Send
    + 'static
{
}

impl<S, B> Attempt<B> for S where
    S: Service<Request<B>, Response = Response<ResponseBody>, Error = SendError<B>>
        + Clone
        + Send
        + 'static
{
}
