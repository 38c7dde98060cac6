//! Sends a call several times at once, and takes the first answer, by a policy (gRFC A6).
//!
//! The first attempt leaves at once, each further one a [`hedging_delay`](HedgingPolicy::hedging_delay) after the one before,
//! as long as none is answered. Whichever has headers or OK first is the call's, and the others are cancelled. So the slowest
//! answers of a server, which are few, cost one delay instead of their time; and the server does some calls twice.
//!
//! - **Request**: put by, as long as another attempt may begin; each attempt is a clone. A stream goes to all attempts that
//!   run, each at its own pace (C-57); what one has still to send is kept, up to the call's `resend_limit`, 256 KiB if it
//!   sets none. Attempts after the first say in `grpc-previous-rpc-attempts` how many were made before (C-17).
//! - **Response**: of the attempt that the call is committed to, or the last failure as it is. What failed before stands beside
//!   it: as [`Progress`](ziggurat_protocol::status::progress::Progress) among the extensions, which a stub's `Response` and
//!   `Status` show.
//! - **Body**: as it is.
//!
//! # A call in time
//!
//! Four attempts, 100 ms from each to the next:
//!
//! ```text
//!   0         100  130       230  260
//!   ├──────────┼────┼─────────┼────┤
//!   │ attempt 1 ─ ─ ─ ─ ─ ─ ─ ─ ─ ─╳ cancelled
//!              │ attempt 2, UNAVAILABLE: not fatal, so the next leaves at once
//!                   │ attempt 3 ──▶│ headers: the call is its own
//!                             │ 4 ─╳ cancelled
//! ```
//!
//! # What comes of an attempt
//!
//! ```text
//!                    ┌─ delay · failure that is not fatal · pushback after n ─┐
//!                    ▼                                                        │
//!   first poll ─▶ Hedging ──▶ one more attempt ───────────────────────────────┘
//!                  │ │ │
//!                  │ │ └ all were sent · the throttle, the server or a lost request forbids more ──▶ Waiting for the rest
//!                  │ └── more was sent than may be kept ──▶ Waiting for the one that is ahead
//!                  ▼
//!    headers, OK, a fatal failure: the answer
//! ```
//!
//! - A failure whose code is not among [`non_fatal_codes`](HedgingPolicy::non_fatal_codes) ends the call: another attempt would
//!   come to the same (C-52).
//! - A server that says *not again* stops further attempts; those that run go on. One that says *after n* has the next attempt
//!   leave then, even if another fails before (C-53).
//! - A [`Throttle`] is asked when an attempt is due; the first is never held back (C-54).
//! - If all fail, the last failure is the call's (C-55). What is cancelled counts as nothing.
//! - If more of a stream was sent than may be kept, the attempt that has sent most goes on alone (C-56).
//!
//! # What is safe to hedge
//!
//! What may be done twice at the same time: reads. [`HedgeLayer::idempotent`] takes the word of the `.proto`. Choose a delay
//! that most answers keep, such as the 95th percentile: then one call in twenty is sent twice. Without a delay all attempts
//! leave at once, and a server does everything as often as the policy allows.
//!
//! # Placement
//!
//! Inside of the deadline, which then spans all attempts: stubs have that floor outermost. Outside of what each attempt is to
//! do anew: credentials, and the channel, where it picks a connection; over a choice among servers attempts may go to different
//! ones (C-59). Above a [status floor](crate::status), for answers are judged as gRPC's; a channel has one. A floor further in
//! that would send the call again too steps aside, so that attempts never multiply; with a [`RetryLayer`](crate::retry)
//! around this one, this one does.
//!
//! What never reached the server, or was refused unread, a channel sends again by itself: that is not counted here (C-32).
//! Of what was refused it does so once in each attempt that begins before any has failed (C-31); later it is a failure too.
//!
//! # Tasks
//!
//! There is none: the call owns its attempts, and polls them on the task that awaits it, all of them at each wake, for they are
//! a handful. A call that is not polled begins no attempt.
//!
//! # Example
//!
//! ```
//! use std::{convert::Infallible, future, sync::atomic::{AtomicU32, Ordering::Relaxed}, time::Duration};
//! use http::{Request, Response};
//! use http_body_util::Empty;
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::{Body, Code, Outcome, Status, protocol::response};
//! use ziggurat::layers::hedge::{HedgeLayer, HedgingPolicy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Forgets the first call.
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//! let server = service_fn(async |_: Request<Body>| {
//!     if CALLS.fetch_add(1, Relaxed) == 0 {
//!         future::pending::<()>().await;
//!     }
//!     Ok::<_, Infallible>(response::trailers_only::<Empty<&[u8]>>(Status::new(Code::NotFound, "")))
//! });
//! let policy = HedgingPolicy::builder().hedging_delay(Duration::from_millis(1)).build()?;
//! let service = HedgeLayer::new(policy).layer(server);
//! let answer = service.oneshot(Request::new(Body::empty())).await?;
//! assert_eq!(Outcome::of(&answer).code(), Some(Code::NotFound));
//! assert_eq!(CALLS.load(Relaxed), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Those of the inner service: the first ends the call, and cancels the other attempts.
//!
//! # Cancel safety
//!
//! Dropping the future drops all attempts that run, which resets their streams with CANCEL, the timer of the next, and what is
//! kept of the request. No token of a throttle is lost by it. A panic of an attempt goes to who polls the call.

mod body;
mod call;
mod course;
mod future;
mod layer;
mod policy;
mod running;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use layer::HedgeLayer;
pub use policy::{HedgingPolicy, HedgingPolicyBuilder};
pub use service::WithHedge;

pub use crate::attempts::{InvalidPolicy, PolicyField, Throttle};

#[cfg(test)]
mod tests;
