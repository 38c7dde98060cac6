//! Turns HTTP into gRPC: every answer that leaves it says how the call ended.
//!
//! - **Request**: untouched.
//! - **Response**: an answer that is not gRPC, and an error of the inner service or of its readiness, become
//!   Trailers-Only answers; what is in order passes through as it is. Of the body of an answer that is not gRPC, up to
//!   1 KiB of text is told in the status, as far as it arrived with the headers: it is not waited for.
//! - **Body**: ends in trailers with one readable `grpc-status`, whatever the inner one ends with. Trailers that lack
//!   it are mended, other trailing metadata stays. Polled once more after its `None` it yields what caused a status
//!   that was made here; after a status of the server's, nothing.
//!
//! [`from_error`] is the rule for errors, to be used without the floor too.
//!
//! # Placement
//!
//! Innermost, around the channel or any other ground, so that layers further out see well-formed gRPC only. The
//! deadline floor goes outside, for it turns a late CANCELLED into DEADLINE_EXCEEDED. Nothing may wrap the ground's body
//! before this floor unless it says `is_end_stream` truthfully (L-6).
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, io};
//! use http::{Request, Response};
//! use http_body_util::Empty;
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::{Code, Outcome, layers::status::StatusLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Infallible> {
//! let ground = service_fn(async |_: Request<()>| {
//!     Err::<Response<Empty<&[u8]>>, _>(io::Error::from(io::ErrorKind::ConnectionRefused))
//! });
//! let answer = StatusLayer::new().layer(ground).oneshot(Request::new(())).await?;
//! assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! None: its error is [`Infallible`](std::convert::Infallible).
//!
//! # Cancel safety
//!
//! Dropping the future or the body drops the inner one.

mod body;
mod cause;
mod excerpt;
mod future;
mod layer;
mod service;

pub use body::ResponseBody;
pub use cause::{Unavailable, from_error};
pub use future::ResponseFuture;
pub use layer::StatusLayer;
pub use service::WithStatus;

pub(crate) use cause::classify;

#[cfg(test)]
mod tests;
