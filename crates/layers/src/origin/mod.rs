//! Completes a request with what its ground knows: where it goes, who sends it, and what time is left.
//!
//! - **Request**: POST over HTTP/2 (A-2); `:scheme` always; `:authority` unless the request's URI names one, which is how
//!   a call, a layer or a foreign stub calls the server by another name (I-30); a prefix before the path, if the ground
//!   has one (A-4); `te: trailers` (A-5); `user-agent` (A-9):
//!   the application's part, one space, this library's. A `user-agent` that a foreign stub has written stays, in front.
//!   `grpc-timeout` is rewritten from the deadline of the [`CallContext`] at this moment (A-16); without one a foreign
//!   stub's own stays as it is.
//! - **Response**, **body**: those of the inner service, untouched.
//!
//! Doing it twice changes nothing but the time left, so a request that was handed back unsent may come again; only a
//! prefix would stand there twice, so that whoever sends again keeps the path of before, as a channel does.
//!
//! # Placement
//!
//! Innermost of all, per attempt: after admission and retries, directly around a connection, so that a call that waited
//! for a slot says what is left. Whether any time is left is for the deadline floor further out; this one never writes
//! zero (A-18).
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use http::{HeaderValue, Request, Response, uri::{Authority, Scheme}};
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::layers::origin::OriginLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Infallible> {
//! let echo = service_fn(async |request: Request<()>| {
//!     Ok::<_, Infallible>(Response::new(request.uri().to_string()))
//! });
//! let service = OriginLayer::new(Scheme::HTTP, Authority::from_static("cafe.example:50051"))
//!     .user_agent(&HeaderValue::from_static("orders/1.4"))
//!     .layer(echo);
//! let request = Request::get("/cafe.v1.CoffeeMachine/MakeLatte").body(()).unwrap();
//! let url = service.oneshot(request).await?.into_body();
//! assert_eq!(url, "http://cafe.example:50051/cafe.v1.CoffeeMachine/MakeLatte");
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Those of the inner service.
//!
//! # Cancel safety
//!
//! The future is the inner one.
//!
//! [`CallContext`]: crate::context::CallContext

mod layer;
mod prefix;
mod service;
mod user_agent;

pub use layer::OriginLayer;
pub use service::WithOrigin;

#[cfg(test)]
mod tests;
