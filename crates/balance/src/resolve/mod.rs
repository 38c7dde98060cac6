//! Where the servers of a name are: resolvers.
//!
//! A [`Resolver`] tells the endpoints of a name, and goes on telling them as long as the channel is not idle. It may fail,
//! repeat itself, tell much at once, and end: the channel keeps what it knows last (G-13), and asks again after a pause if it
//! heard of an error (G-16).
//!
//! | resolver | tells |
//! |---|---|
//! | [`Fixed`] | a list that never changes |
//! | [`System`] | the addresses of a name, as the operating system has them, looked up again by time |
//! | [`Polled`] | what a function of yours finds, called again by time |
//!
//! # Example
//!
//! A registry that is asked over HTTP, every minute:
//!
//! ```
//! use std::{future::poll_fn, net::SocketAddr, time::Duration};
//! use ziggurat_balance::{Resolver, resolve::Polled};
//!
//! # async fn ask_registry(_: &str) -> std::io::Result<Vec<SocketAddr>> { Ok(vec![([10, 0, 0, 1], 50051).into()]) }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let mut registry = Polled::new("the registry", || ask_registry("cafe"))
//!     .refresh_interval(Duration::from_secs(60));
//!
//! // This is what a channel does with it.
//! let resolution = poll_fn(|cx| registry.poll_resolution(cx)).await.unwrap()?;
//! assert_eq!(resolution.endpoints.len(), 1);
//! # Ok(())
//! # }
//! ```

mod fixed;
mod polled;
mod repeated;
mod resolution;
mod system;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    task::{Context, Poll},
};

pub use fixed::{Fixed, InvalidEndpoints};
pub use polled::Polled;
pub use resolution::Resolution;
pub use system::System;
use ziggurat_transport::BoxError;

/// Tells the endpoints of a name, again and again.
pub trait Resolver: Send + 'static {
    /// What it asks, for messages: `the system's resolver for "cafe"`.
    fn name(&self) -> Cow<'_, str>;

    /// The next that it has to tell: all endpoints there are now, or why it cannot tell them.
    ///
    /// After an error it is asked on, and may have an answer later by itself; the channel says
    /// [`resolve_again`](Self::resolve_again) after a pause. After `None` it is not asked any more.
    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>>;

    /// Connections fail, an error was long ago, or the channel was idle: it is a good time to look again.
    ///
    /// A resolver that is told of changes by itself may ignore it; one that asks a server does not so more often than is
    /// good for that. It is called between polls, and polled after it.
    fn resolve_again(&mut self) {}
}
