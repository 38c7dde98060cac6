//! Reaches servers through an HTTP proxy, by CONNECT (G-75).
//!
//! [`Proxy`] says which proxy a channel goes through; by default the environment does. The proxy opens a TCP connection
//! to the name in the target, which it resolves itself, and carries what is sent: TLS goes from end to end. Unix sockets
//! are never reached through a proxy.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Channel, channel::Proxy};
//!
//! let proxy = Proxy::http("http://ada:secret@proxy.example:3128")?.except(".internal, 10.0.0.0/8");
//! let builder = Channel::builder("http://cafe.example:50051")?.proxy(proxy);
//! # let _ = builder;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod choice;
mod error;
mod except;
mod invalid;
mod server;
#[cfg(test)]
mod tests;
mod tunnel;

pub use choice::Proxy;
pub use error::ProxyError;
pub use invalid::{InvalidProxy, ProxyProblem};
