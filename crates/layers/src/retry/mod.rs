//! Sends a call again that failed, by a policy (gRFC A6).
//!
//! An attempt that fails before its answer's headers came is followed by another, if its code is in the call's
//! [`RetryPolicy`], attempts are left, the server does not forbid it, and a [`Throttle`] allows it. Between them is a pause
//! that grows, or the one that the server asks for.
//!
//! - **Request**: put by, as long as it may be sent again; each attempt is a clone. A stream is kept as it is sent, up to
//!   the call's `resend_limit`, 256 KiB if it sets none; of what is larger the first attempt is the only one. Attempts after
//!   the first say in `grpc-previous-rpc-attempts` how many came before (C-17).
//! - **Response**: of the attempt that was committed, or the last failure as it is, text and details too (C-12). What failed
//!   before stands beside it: as [`Progress`](ziggurat_protocol::status::progress::Progress) among the extensions, which a
//!   stub's `Response` and `Status` show.
//! - **Body**: as it is.
//!
//! # A call in time
//!
//! A call with a deadline of 900 ms, three attempts, and pauses of 100 ms, twice as long each time:
//!
//! ```text
//!        0          110        230         400          640              900
//!        ├──────────┼──────────┼───────────┼────────────┼────────────────┤ deadline
//!        │ attempt 1│ pause    │ attempt 2 │ pause      │ attempt 3      ╎
//!        │ UNAVAIL. │ 120 ms   │ UNAVAIL.  │ 240 ms     │ headers: committed, and the rest is its own
//! carries│ 900 ms   │          │ 670 ms    │            │ 260 ms
//! says   │ nothing  │          │ previous 1│            │ previous 2
//! ```
//!
//! Had the second pause ended after the deadline, the call would have waited for the deadline, and ended with
//! DEADLINE_EXCEEDED and the last failure in its text.
//!
//! # What is safe to repeat
//!
//! What may be done twice. UNAVAILABLE is also what a connection is that broke after the server had read the call (C-35):
//! where the second time does harm, leave such a method without a policy ([`RetryLayer::idempotent`], or
//! [`RetryLayer::choose`]). What the server certainly has not acted on is sent again without any policy.
//!
//! # Memory
//!
//! The bytes of a request are shared, not copied. Of one message they are those that a channel below keeps as well, to send
//! again what no server has read; a service that keeps nothing would have let go of them when they were sent. Of a stream it
//! is what was sent. Beside it the head is kept: its names and values are shared, and listed. A channel below counts what
//! streams keep among what all its calls may keep; above and below hold the same bytes once. With the headers of the answer
//! everything is let go (C-27), so a long call keeps nothing.
//!
//! # Placement
//!
//! Inside of the deadline, which then spans all attempts and pauses (C-15): stubs have that floor outermost. Outside of what
//! each attempt is to do anew: credentials, and the channel, where it picks a connection and says what time is left. Above a
//! [status floor](crate::status), for answers are judged as gRPC's; a channel has one. It is ready when the inner service is, and an error of that
//! ends the call as it is. A second floor further in that would send the call again as well steps aside, so that attempts never
//! multiply; `tower::retry` would not.
//!
//! What never reached the server, or was refused unread, a channel sends again by itself: that is not counted here, and
//! waits for nothing (C-32).
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, sync::atomic::{AtomicU32, Ordering::Relaxed}, time::Duration};
//! use http::{Request, Response};
//! use http_body_util::Empty;
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::{Body, Code, Outcome, Status, protocol::response};
//! use ziggurat::layers::retry::{RetryLayer, RetryPolicy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Turns the first call away.
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! let server = service_fn(async |_: Request<Body>| {
//!     let code = if CALLS.fetch_add(1, Relaxed) == 0 { Code::Unavailable } else { Code::NotFound };
//!     Ok::<_, Infallible>(response::trailers_only::<Empty<&[u8]>>(Status::new(code, "")))
//! });
//! let policy = RetryPolicy::builder()
//!     .retryable_codes([Code::Unavailable])
//!     .initial_backoff(Duration::from_millis(1))
//!     .build()?;
//! let service = RetryLayer::new(policy).layer(server);
//! let answer = service.oneshot(Request::new(Body::empty())).await?;
//! assert_eq!(Outcome::of(&answer).code(), Some(Code::NotFound));
//! assert_eq!(CALLS.load(Relaxed), 2);
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
//! Dropping the future drops the attempt that is out, or the pause, and what is kept of the request. No token of a throttle
//! is lost by it.

mod body;
mod call;
mod course;
mod future;
mod layer;
mod policy;
mod service;

#[cfg(test)]
mod tests;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use layer::RetryLayer;
pub use policy::{RetryPolicy, RetryPolicyBuilder};
pub use service::WithRetry;

pub use crate::attempts::{InvalidPolicy, PolicyField, Throttle};
