//! One call: built, set up, sent, answered.
//!
//! A stub's method gives a [`Call`] or a [`StreamingCall`], by the shape of the answer. Nothing happens until it is
//! awaited; the setters between are the same on both.
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Channel, Client, Method, shape};
//!
//! const GREET: Method<String, String, shape::Unary> = Method::new("/hello.v1.Greeter/Greet");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::<_>::new(Channel::default());
//! let call = client
//!     .unary(&GREET, "Ada".to_owned())
//!     .timeout(Duration::from_millis(300))
//!     .metadata("x-tenant", "acme")?;
//! let task = tokio::spawn(call.send()); // a call is 'static: no clone, no async block
//! # task.abort();
//! # Ok(())
//! # }
//! ```

mod answer;
mod answering;
mod builder;
mod exchange;
mod many;
mod messages;
mod one;
mod prepared;
pub(crate) mod source;
mod streaming;

pub use builder::{Call, Many, One, StreamingCall};
pub use many::{Collect, StartFuture};
pub use messages::{FromIterator, FromResults, FromStream, IntoMessages, Iter, Sure};
pub use one::{CallFuture, ResponseFuture};
pub use streaming::Streaming;

pub(crate) use answer::Answer;
pub(crate) use answering::{Answering, BoxAnswer};
pub(crate) use exchange::Exchange;
pub(crate) use prepared::{Messages, Prepared};

#[cfg(test)]
mod tests;
