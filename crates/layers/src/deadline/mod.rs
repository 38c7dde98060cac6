//! Ends a call at its deadline: readiness, headers, every message and the trailers.
//!
//! The deadline is fixed at the first poll of a call. The timeout of its [`CallContext`] counts, or else the
//! `grpc-timeout` a foreign stub has written, or else the layer's default; an instant in the context bounds it further.
//!
//! - **Request**: gets what is left as `grpc-timeout`, unless that is [left to the ground](DeadlineLayer::unannounced),
//!   and a context that says that its deadline is guarded. A call without a deadline passes through untouched.
//! - **Response**: what does not come in time is answered here, as Trailers-Only with DEADLINE_EXCEEDED.
//! - **Body**: dropped at the deadline, which resets the stream; it ends with trailers instead. Polled once more after
//!   its `None` it yields the status, whose cause is [`Elapsed`].
//!
//! The clock is compared before each poll of what is inside, and read once for what one poll does in a row; the timer
//! only wakes. So a flood of ready messages does
//! not outlive its deadline, and an answer that comes late has no say (B-5). A timer is made when something is waited
//! for, once per call.
//!
//! # Placement
//!
//! Outside of what the deadline is to cover: retries, credentials, limits, the channel. [`WithDeadline`] is always
//! ready, for it waits for its inner service under the deadline; so what looks at readiness (load shedding, steering,
//! balancing) goes inside. A second deadline floor further in finds the call guarded: it sets no timer and ignores its
//! own default, even an earlier one; it refreshes `grpc-timeout`, so that each attempt of a retry says what is left.
//! A layer in between that gives one attempt less time tightens the context, which is then guarded anew.
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, future, time::Duration};
//! use http::{Request, Response};
//! use http_body_util::Empty;
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::{Code, Outcome, layers::deadline::DeadlineLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Infallible> {
//! let silent = service_fn(|_: Request<()>| {
//!     future::pending::<Result<Response<Empty<&[u8]>>, Infallible>>()
//! });
//! let service = DeadlineLayer::new(Duration::from_millis(1)).layer(silent);
//! let answer = service.oneshot(Request::new(())).await?;
//! assert_eq!(Outcome::of(&answer).code(), Some(Code::DeadlineExceeded));
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Those of the inner service. The deadline itself is an answer, with [`Elapsed`] as the cause of its status. The text
//! says how long the call had and what it waited for: what a channel knows of that, such as why there is no connection,
//! it tells through the [`ProgressSlot`](crate::context::ProgressSlot) that the floor leaves in the context (B-7).
//!
//! # Cancel safety
//!
//! Dropping the future or the body drops the inner one, and the timer.
//!
//! # States
//!
//! ```text
//! Unsent ──inner is ready──▶ Headers ──answer──▶ Open ──trailers, None, error──▶ Open, unguarded
//!   │                          │                   │
//!   └─────────deadline─────────┤                   └──deadline──▶ Ended
//!                              ▼
//!                        Trailers-Only
//! ```
//!
//! [`CallContext`]: crate::context::CallContext

mod body;
mod clock;
mod elapsed;
mod future;
mod layer;
mod service;
mod settings;

pub use body::ResponseBody;
pub use elapsed::Elapsed;
pub use future::{ResponseFuture, is_unguarded};
pub use layer::DeadlineLayer;
pub use service::WithDeadline;

#[cfg(test)]
mod tests;
