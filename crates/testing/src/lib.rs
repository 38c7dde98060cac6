//! What gRPC clients are tested with: a scripted HTTP/2 peer, and a proxy that fails on order.
//!
//! Ordinary servers answer properly, so they cannot show what a client does when a server does not. [`peer`] is a
//! server written as a script: it sends any sequence of frames, legal or not, and keeps every frame the client sent.
//! [`proxy`] stands between a client and an ordinary server, and does to their connections what networks do.
//!
//! # Example
//!
//! ```
//! use ziggurat_testing::peer::{Connection, Reason};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (client, server) = tokio::io::duplex(64 * 1024);
//! let call = tokio::spawn(async move {
//!     let (mut h2, connection) = h2::client::handshake(client).await?;
//!     tokio::spawn(connection);
//!     let request = http::Request::post("http://cafe.example/cafe.Orders/Watch").body(());
//!     let (response, _body) = h2.send_request(request.expect("a valid request"), true)?;
//!     response.await
//! });
//!
//! let mut peer = Connection::over(server).await?;
//! let request = peer.request().await?;
//! assert_eq!(request.fields.get(":path"), Some("/cafe.Orders/Watch"));
//! peer.reset(request.stream, Reason::REFUSED_STREAM).await?;
//!
//! let error = call.await?.expect_err("the stream was reset");
//! assert_eq!(error.reason(), Some(h2::Reason::REFUSED_STREAM));
//! # Ok(())
//! # }
//! ```

pub mod peer;
pub mod proxy;
