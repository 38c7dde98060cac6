//! Reports how a call ended, once, wherever its end is.
//!
//! The status of most calls stands in the trailers, long after the answer's headers. An [`Observer`] goes with the call:
//! it is made with the request, watches the answer's body, and reports one [`End`], also if the call is dropped.
//!
//! # Example
//!
//! A layer that adds a header and counts failures, to be put above a [status floor](crate::status):
//!
//! ```
//! use std::{future::Future, pin::Pin, sync::atomic::{AtomicU32, Ordering::Relaxed}, task::{Context, Poll}};
//! use http::{HeaderValue, Request, Response};
//! # use http_body_util::{BodyExt, Empty};
//! use tower::{Layer, Service, ServiceExt, layer::layer_fn};
//! use ziggurat::layers::outcome::{End, Observed, Observer};
//! # use ziggurat::layers::status::StatusLayer;
//! use ziggurat::{BoxError, Code};
//!
//! static FAILURES: AtomicU32 = AtomicU32::new(0);
//!
//! fn count(end: End<'_>) {
//!     FAILURES.fetch_add(u32::from(end.code() != Code::Ok), Relaxed);
//! }
//!
//! #[derive(Clone)]
//! struct Count<S>(S);
//!
//! impl<S, B, R> Service<Request<B>> for Count<S>
//! where
//!     S: Service<Request<B>, Response = Response<R>, Future: Send + 'static>,
//!     R: http_body::Body<Error: Into<BoxError>>,
//! {
//!     type Response = Response<Observed<R, fn(End<'_>)>>;
//!     type Error = S::Error;
//!     type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;
//!
//!     fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
//!         self.0.poll_ready(cx)
//!     }
//!
//!     fn call(&mut self, mut request: Request<B>) -> Self::Future {
//!         request.headers_mut().insert("x-counted", HeaderValue::from_static("yes"));
//!         let observer = Observer::new(count as fn(End<'_>));
//!         let answer = self.0.call(request);
//!         Box::pin(async move { Ok(observer.watch(answer.await?)) })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let ground = tower::service_fn(async |_: Request<()>| {
//! #     let mut answer = Response::new(Empty::<&[u8]>::new().with_trailers(async {
//! #         Some(Ok([("grpc-status".parse().unwrap(), HeaderValue::from(5))].into_iter().collect()))
//! #     }));
//! #     answer.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
//! #     Ok::<_, std::convert::Infallible>(answer)
//! # });
//! # let ground = StatusLayer::new().layer(ground);
//! let service = layer_fn(Count).layer(ground); // answers NOT_FOUND in its trailers
//! let answer = service.oneshot(Request::new(())).await?;
//! assert_eq!(FAILURES.load(Relaxed), 0);
//! answer.into_body().collect().await?;
//! assert_eq!(FAILURES.load(Relaxed), 1);
//! # Ok(())
//! # }
//! ```

mod body;
mod end;
mod observer;
mod report;

pub use body::Observed;
pub use end::End;
pub use observer::Observer;

#[cfg(test)]
mod tests;
