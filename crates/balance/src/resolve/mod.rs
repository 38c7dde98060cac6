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
//! | `Dns` | what DNS says of a name, as long as its records count; SRV records too (feature `hickory`) |
//! | [`Polled`] | what a function of yours finds, called again by time |
//! | [`Discovered`] | what a registry adds and removes, a [`tower::discover::Discover`] |
//! | [`Updates`] | the lists of a stream |
//!
//! # Example
//!
//! A registry that is asked over HTTP, every minute:
//!
//! ```
//! use std::{future::poll_fn, net::SocketAddr, time::Duration};
//! use ziggurat::balance::{Resolver, resolve::Polled};
//!
//! # async fn ask_registry(_: &str) -> std::io::Result<Vec<SocketAddr>> { Ok(vec![([10, 0, 0, 1], 50051).into()]) }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let mut registry = Polled::new(|| ask_registry("cafe"))
//!     .named("the registry")
//!     .refresh_interval(Duration::from_secs(60));
//!
//! // This is what a channel does with it.
//! let resolution = poll_fn(|cx| registry.poll_resolution(cx)).await.unwrap()?;
//! assert_eq!(resolution.endpoints.len(), 1);
//! # Ok(())
//! # }
//! ```

mod discovered;
#[cfg(feature = "hickory")]
mod dns;
mod fixed;
mod gathered;
mod polled;
mod repeated;
mod resolution;
mod system;
#[cfg(test)]
mod tests;
mod updates;

use std::{
    borrow::Cow,
    task::{Context, Poll},
};

pub use discovered::Discovered;
#[cfg(feature = "hickory")]
pub use dns::Dns;
pub use fixed::{Fixed, InvalidEndpoints};
pub use polled::Polled;
pub use resolution::Resolution;
pub use system::System;
pub use updates::Updates;
use ziggurat_transport::BoxError;

/// Tells the endpoints of a name, again and again.
///
/// It is polled by the one task of its channel, so it must not block: what takes long belongs in a future, or on a thread. It
/// does a bounded part of its work at each poll, and whatever it returns, `Poll::Pending` means that it has seen to being
/// woken. While the channel is idle nobody polls it, and when the channel is closed it is dropped.
///
/// Most need none of their own: a function is [`Polled`], a watch is [`Discovered`] or [`Updates`].
///
/// ```
/// use std::{borrow::Cow, net::SocketAddr, task::{Context, Poll}};
/// use tokio::sync::mpsc::UnboundedReceiver;
/// use ziggurat::balance::{Resolver, resolve::Resolution};
/// # type BoxError = Box<dyn std::error::Error + Send + Sync>;
///
/// /// Lists that another task sends.
/// struct Sent(UnboundedReceiver<Vec<SocketAddr>>);
///
/// impl Resolver for Sent {
///     fn name(&self) -> Cow<'_, str> {
///         "the other task".into()
///     }
///
///     fn poll_resolution(
///         &mut self,
///         cx: &mut Context<'_>,
///     ) -> Poll<Option<Result<Resolution, BoxError>>> {
///         let list = self.0.poll_recv(cx);
///         list.map(|list| list.map(|list| Ok(list.into())))
///     }
/// }
/// ```
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

    /// Whether its answers may ever bring a [service config](Resolution::service_config); they may by default. It is asked
    /// once, before the first poll.
    ///
    /// A channel cannot send its first call before it knows by which config, and has each call look for the one in effect.
    /// A resolver that says no spares it that.
    fn brings_config(&self) -> bool {
        true
    }

    /// What became of its last answer: it is in use, or this was wrong with it (G-10).
    ///
    /// For logs, and for those who tell the registry what they think of what it sent. Nothing has to be done: the channel
    /// asks again by itself. Of several answers that came at once the last alone was looked at.
    fn acknowledge(&mut self, outcome: Result<(), &BoxError>) {
        let _ = outcome;
    }

    /// Connections fail, an error was long ago, or the channel was idle: it is a good time to look again.
    ///
    /// A resolver that is told of changes by itself may ignore it; one that asks a server does not so more often than is
    /// good for that. It is called between polls, and polled after it.
    fn resolve_again(&mut self) {}
}

/// For a resolver that is chosen while the program runs.
impl<R: Resolver + ?Sized> Resolver for Box<R> {
    fn name(&self) -> Cow<'_, str> {
        (**self).name()
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        (**self).poll_resolution(cx)
    }

    fn brings_config(&self) -> bool {
        (**self).brings_config()
    }

    fn acknowledge(&mut self, outcome: Result<(), &BoxError>) {
        (**self).acknowledge(outcome);
    }

    fn resolve_again(&mut self) {
        (**self).resolve_again();
    }
}
