//! What an attempt to connect is made with: one stream of a connector, and how far it has come.
//!
//! For who makes attempts, as `ziggurat-transport` does, and for connectors that tell their steps; the connectors of this
//! crate do. An attempt that runs out of time then says what had come of it (D-27).
//!
//! # Example
//!
//! ```
//! use ziggurat_connect::{Sockets, Target, attempt::{self, Steps}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let target = Target::parse(&format!("http://{}", server.local_addr()?))?;
//!
//! let steps = Steps::new();
//! let watched = steps.watch();
//! let stream = attempt::open(Sockets::new(), attempt::with_steps(&target, steps.clone())).await;
//! # drop(stream);
//! assert!(watched.told().is_some());
//! # Ok(())
//! # }
//! ```

use std::future::poll_fn;

use crate::{BoxError, Connect, Sockets, Target};

pub use crate::steps::{Steps, Watched};

/// Asks a connector for one stream, as soon as it is ready.
///
/// There is no timeout here. Dropping the future stops the attempt.
///
/// # Errors
///
/// The connector's own.
pub async fn open<C: Connect>(mut connector: C, target: Target) -> Result<C::Response, BoxError> {
    poll_fn(|cx| connector.poll_ready(cx))
        .await
        .map_err(Into::into)?;
    connector.call(target).await.map_err(Into::into)
}

/// The same target, for an attempt whose steps somebody wants to know.
pub fn with_steps(target: &Target, steps: Steps) -> Target {
    target.with_steps(steps)
}

/// Where an attempt to connect says how far it has come.
pub fn steps(target: &Target) -> &Steps {
    target.steps()
}

/// The proxy on the way to a target, as it is shown in errors: without user and password; `None` if there is none.
pub fn proxy_for(sockets: &Sockets, target: &Target) -> Option<Box<str>> {
    sockets.proxy_for(target)
}
