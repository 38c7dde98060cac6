//! One server as a service: the ground floor that stubs share.
//!
//! A [`Channel`] is one HTTP/2 connection that is made when it is first needed and made anew when it was lost.
//! Cloning it costs one reference count; all clones share the connection.
//!
//! ```no_run
//! use ziggurat::Channel;
//!
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::builder("http://cafe.example:50051")?
//!     .user_agent("orders/1.4")?
//!     .connect_lazy(); // or .connect().await? to fail early
//! # Ok(())
//! # }
//! ```
//!
//! It is a [`tower::Service`](tower_service::Service) over `http::Request` with any body of `Bytes`: stubs of others
//! stand on it too. It is always ready and never fails: what goes wrong is answered as gRPC answers it, with a status.
//!
//! # Cancel safety
//!
//! Dropping the future of a call, or its answer's body before the end, resets the stream with CANCEL. Dropping a call
//! that waits for the connection does not stop others from getting it.

mod body;
mod builder;
mod life;
mod peer;
mod service;
mod user_agent;

pub use body::ResponseBody;
pub use builder::Builder;
pub use service::{Channel, ResponseFuture};
pub use user_agent::InvalidUserAgent;

#[cfg(test)]
mod tests;
/// How a channel connects, stands, and ends.
pub use ziggurat_transport::channel::{Backoff, Closing, State, States};
pub use ziggurat_transport::{
    connect::TcpOptions,
    connection::{Http2Options, KeepaliveOptions, OutOfRange},
};
