//! Opens the byte stream that a connection speaks HTTP/2 over.
//!
//! A [`Target`] says where to; [`Sockets`] is the default way: it goes over [`Tcp`], or to a [`Unix`] socket. Any cloneable
//! `tower_service::Service<Target>` is a connector whose response reads and writes and tells its addresses; [`Bare`] is
//! for streams that know of none. [`tls`] secures what a connector opened. This crate knows neither HTTP/2 nor gRPC.
//!
//! ```text
//! target       the text of an address, read once
//!    ▼
//! connector    Sockets: TCP (happy eyeballs), unix, an HTTP proxy · or a service of your own
//!    ▼
//! tls          where the target or its options ask for it
//!    ▼
//! a stream of bytes, for ziggurat-transport
//! ```
//!
//! # Example
//!
//! ```
//! use std::io;
//!
//! use tokio::io::DuplexStream;
//! use ziggurat::channel::{Connect, Target};
//!
//! // An in-memory pipe to a server of this process.
//! #[derive(Clone)]
//! struct Pipe(tokio::sync::mpsc::UnboundedSender<DuplexStream>);
//!
//! impl tower_service::Service<Target> for Pipe {
//!     type Response = DuplexStream;
//!     type Error = io::Error;
//!     type Future = std::future::Ready<io::Result<DuplexStream>>;
//! #   fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
//! #       std::task::Poll::Ready(Ok(()))
//! #   }
//!
//!     fn call(&mut self, _: Target) -> Self::Future {
//!         let (near, far) = tokio::io::duplex(64 * 1024);
//!         let sent = self.0.send(far);
//!         std::future::ready(sent.map(|()| near).map_err(|_| io::ErrorKind::ConnectionRefused.into()))
//!     }
//! }
//!
//! fn is_connector(_: &impl Connect) {}
//! is_connector(&Pipe(tokio::sync::mpsc::unbounded_channel().0));
//! ```

#[cfg_attr(feature = "tracing", path = "adjusted/traced.rs")]
#[cfg_attr(not(feature = "tracing"), path = "adjusted/untold.rs")]
mod adjusted;
pub mod attempt;
mod bare;
mod boxed;
pub mod error;
mod negotiated;
mod proxy;
mod sockets;
mod steps;
mod stream;
pub mod target;
mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg_attr(not(unix), path = "unix/absent.rs")]
mod unix;
#[cfg_attr(target_os = "linux", path = "user_timeout/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "user_timeout/other.rs")]
mod user_timeout;

pub use adjusted::adjusted;
pub use bare::Bare;
pub use boxed::BoxConnector;
pub use error::BoxError;
pub use negotiated::Negotiated;
pub use proxy::{InvalidProxy, Proxy, ProxyError, ProxyProblem};
pub use sockets::{Reaching, SocketStream, Sockets};
pub use stream::{Connect, Socket, Stream};
pub use target::{InvalidTarget, Target};
pub use tcp::{Connecting, Tcp, TcpError, TcpOptions};
pub use unix::{Opening, Unix, UnixError};
