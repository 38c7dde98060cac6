//! One call: built, set up, sent, answered.
//!
//! A stub's method gives a [`Call`] or a [`StreamingCall`], by the shape of the answer. Nothing
//! happens until it is awaited; the setters between are the same on both.
//!
//! | to get | from a [`Call`] | from a [`StreamingCall`] |
//! |---|---|---|
//! | the message, or the messages | `call.await` | [`call.collect().await`](StreamingCall::collect) |
//! | with metadata and peer | [`call.send().await`](Call::send) | [`Streaming`] has them |
//! | each message when it comes | | `call.await`, then [`recv`](Streaming::recv) |
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Channel, Client, Method, shape};
//!
//! const GREET: Method<String, String, shape::Unary> = Method::new("/hello.v1.Greeter/Greet");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Channel::default());
//! let call = client
//!     .unary(&GREET, "Ada".to_owned())
//!     .timeout(Duration::from_millis(300))
//!     .metadata("x-tenant", "acme");
//! let task = tokio::spawn(call); // it is a future and 'static: no clone, no async block
//! # task.abort();
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Every failure is a [`Status`](crate::Status): the server's own, or one made here, whose source
//! tells why. What is wrong before anything is sent ends the call like any other failure: a message
//! that cannot be encoded (INTERNAL) or is over its limit (RESOURCE_EXHAUSTED), metadata that may not
//! be sent, or too much of it (INTERNAL), a name that is none (INTERNAL), a deadline that has passed (DEADLINE_EXCEEDED).
//!
//! # Cancel safety
//!
//! Dropping the future of a call, or the stream it gave, cancels the call (B-20): the stream is
//! reset with CANCEL, and what was waiting for a connection or a slot waits no more. A
//! [`CancelHandle`] does that from elsewhere, and leaves the call's last word to its reader.

mod answer;
mod answering;
mod awaiting;
mod builder;
mod cancel;
mod exchange;
mod limit;
mod many;
mod messages;
mod one;
mod prepared;
mod sending;
mod sent;
pub(crate) mod source;
mod state;
mod streaming;

pub use builder::{Call, Many, One, StreamingCall};
pub use cancel::CancelHandle;
pub use many::{Collect, StartFuture};
pub use messages::{FromIterator, FromResults, FromStream, IntoMessages, Iter, Sure};
pub use one::ResponseFuture;
pub use streaming::Streaming;

pub(crate) use answer::Answer;
pub(crate) use answering::{Answering, BoxAnswer};
pub(crate) use exchange::Exchange;
pub(crate) use prepared::{Messages, Prepared};
pub(crate) use sending::Sending;

#[cfg(test)]
mod tests;
