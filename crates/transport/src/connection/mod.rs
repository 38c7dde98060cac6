//! One HTTP/2 connection: many requests, one task.
//!
//! [`Connection`] is the handle, a cheap clone; [`Driver`] is the task that moves its bytes. The connection is handed
//! out when the server's SETTINGS was read (A-118), so no burst leaves above the server's limit. It ends when its last
//! handle is dropped and its last call is over, or when the server ends it.
//!
//! - **Request:** never with `content-length`; END_STREAM is on the last DATA frame, never on HEADERS (L-2, L-3).
//! - **Response:** as it came; [`Connection::peer`] tells who gave it.
//! - **Body:** [`ResponseBody`], whose errors are typed.
//!
//! # Example
//!
//! ```
//! use ziggurat_transport::{Connection, Target};
//! use tower_service::Service;
//!
//! # use bytes::Bytes;
//! # #[derive(Debug)] struct Body(http_body_util::Empty<Bytes>);
//! # impl http_body::Body for Body {
//! #     type Data = Bytes;
//! #     type Error = std::convert::Infallible;
//! #     fn poll_frame(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>)
//! #         -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
//! #         std::pin::Pin::new(&mut self.0).poll_frame(cx)
//! #     }
//! # }
//! # impl ziggurat_transport::RequestBody for Body {}
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (near, far) = tokio::io::duplex(64 * 1024);
//! # tokio::spawn(async move {
//! #     let mut server = h2::server::handshake(far).await.unwrap();
//! #     while let Some(Ok((_, mut respond))) = server.accept().await {
//! #         respond.send_response(http::Response::new(()), true).unwrap();
//! #     }
//! # });
//! let target = Target::parse("http://cafe")?;
//! let (mut connection, driver) = Connection::handshake(target, near).await?;
//! tokio::spawn(driver);
//!
//! let request = http::Request::post("http://cafe/latte").body(Body(http_body_util::Empty::new()))?;
//! let response = connection.call(request).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! [`SendError`](crate::SendError) hands the request back if it provably never left.
//!
//! # Cancel safety
//!
//! Dropping the response future, or the response body before its end, resets the stream with CANCEL at once, also
//! where the request body waits for flow control (B-20, L-21). Dropping after the end sends nothing (B-25).
//! Nothing else of the connection is touched.

mod after_response;
mod call;
mod driver;
mod executor;
mod facts;
mod future;
mod handshake;
mod io;
mod limits;
mod options;
mod peer;
mod pulse;
mod request;
mod response;
mod service;
mod spare;
mod surplus;
mod task;
#[cfg(test)]
mod tests;

pub use after_response::AfterResponse;
pub use driver::Driver;
pub(crate) use facts::{Drive, Facts};
pub use future::ResponseFuture;
pub use options::{Http2Options, KeepaliveOptions, Options, OutOfRange};
pub use peer::PeerAddresses;
pub(crate) use pulse::Pulse;
pub use request::{RequestBody, Reset};
pub use response::ResponseBody;
pub use service::Connection;
