//! The floors of a gRPC call as tower layers, each usable alone.
//!
//! Every floor is a [`tower::Layer`](tower_layer::Layer) over `http::Request`; what a call sets for itself travels in
//! its [`context`]. From the outside in:
//!
//! | floor | what it does |
//! |---|---|
//! | [`metadata`] | adds default metadata |
//! | [`deadline`] | ends the call in time: readiness, headers, every message |
//! | [`status`] | makes every answer a gRPC answer |
//! | [`origin`] | completes the request: scheme, authority, `te`, `user-agent`, `grpc-timeout` |
//!
//! Between them, where you want them:
//!
//! | floor | what it does |
//! |---|---|
//! | [`retry`] | sends a call again that failed, as its policy says |
//! | [`hedge`] | sends a call several times at once, and takes the first answer |
//!
//! [`outcome`] is for layers of your own that look at how calls end.
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, time::Duration};
//! use http::{Request, Response, uri::{Authority, Scheme}};
//! use http_body_util::Empty;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use ziggurat::{Code, Outcome, layers::{deadline::DeadlineLayer, origin::OriginLayer, status::StatusLayer}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Infallible> {
//! // Any HTTP service can be the ground; this one is a proxy without a server behind it.
//! let ground = service_fn(async |_: Request<()>| {
//!     let mut answer = Response::new(Empty::<&[u8]>::new());
//!     *answer.status_mut() = http::StatusCode::BAD_GATEWAY;
//!     Ok::<_, Infallible>(answer)
//! });
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(Duration::from_secs(5)))
//!     .layer(StatusLayer::new())
//!     .layer(OriginLayer::new(Scheme::HTTP, Authority::from_static("cafe.example:50051")))
//!     .service(ground);
//! let answer = service.oneshot(Request::new(())).await?;
//! assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
//! # Ok(())
//! # }
//! ```

pub mod context;
pub mod deadline;
pub mod hedge;
pub mod metadata;
pub mod origin;
pub mod outcome;
pub mod retry;
pub mod status;

mod attempts;
mod ending;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod streamed;
