//! One HTTP/2 connection to a server, made when it is needed and shared by every call.
//!
//! A [`Channel`] takes HTTP requests, connects to its [`Target`] at the first of them through a [`Connect`]or, and
//! sends all of them over one [`Connection`]. This crate knows HTTP only.
//!
//! ```text
//! channel      keep each request, send unsent ones again
//!    ▼
//! endpoint     connect once for all waiters, replace what is lost, admit to streams
//!    ▼
//! (your layer) prepares each request of a connection
//!    ▼
//! connection   one HTTP/2 connection, one task
//!    ▼
//! (ziggurat-connect) TCP, or anything AsyncRead + AsyncWrite, and TLS over it
//! ```
//!
//! # Example
//!
//! ```
//! use http_body_util::Empty;
//! use ziggurat_transport::{Target, channel};
//!
//! # #[derive(Debug)] struct Body(Empty<bytes::Bytes>);
//! # impl http_body::Body for Body {
//! #     type Data = bytes::Bytes;
//! #     type Error = std::convert::Infallible;
//! #     fn poll_frame(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>)
//! #         -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
//! #         std::pin::Pin::new(&mut self.0).poll_frame(cx)
//! #     }
//! # }
//! # impl ziggurat_transport::RequestBody for Body {}
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Nothing is sent and nothing can fail until the first call, or until `connect`.
//! let channel = channel::Builder::new(Target::parse("http://name.invalid:50051")?).build::<Body>();
//! let error = channel.connect().await.unwrap_err();
//! assert!(error.to_string().starts_with("cannot connect to http://name.invalid:50051: "));
//! # Ok(())
//! # }
//! ```

pub mod channel;
pub mod connection;
mod endpoint;
pub mod error;
pub mod progress;
mod share;

pub use channel::Channel;
pub use connection::{AfterResponse, Connection, PeerAddresses, RequestBody, Reset, ResponseBody};
pub use error::{Error, SendError};
pub use share::Share;
/// What the signatures of this crate name of the one below.
pub use ziggurat_connect::{BoxError, Connect, InvalidTarget, Target};
