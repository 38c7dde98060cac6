//! A server as a service: connects when needed, once for all who wait.
//!
//! [`Channel`] is always ready and shared by its clones. It passes requests on unchanged; a layer of yours prepares
//! them after the connection was chosen, once per attempt.
//!
//! # States
//!
//! [`State`] draws them. A call that may be sent goes down like this:
//!
//! ```text
//! call ─► is there a connection with a free stream? ── no ──► queue: first come, first served
//!              │ yes                                            │ connected, or a stream is free
//!              ▼                                                ▼
//!         your layer prepares it ─► connection ─► response
//!              ▲                        │
//!              └── never left, refused ─┘
//! ```
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Empty};
//! use tower_service::Service;
//! use ziggurat_transport::{Target, channel};
//!
//! # #[derive(Debug)] struct Body(Empty<Bytes>);
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
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let address = listener.local_addr()?;
//! # tokio::spawn(async move {
//! #     let mut server = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
//! #     while let Some(Ok((_, mut respond))) = server.accept().await {
//! #         let mut body = respond.send_response(http::Response::new(()), false).unwrap();
//! #         body.send_data(Bytes::from_static(b"latte"), true).unwrap();
//! #     }
//! # });
//! let target = Target::parse(&format!("http://{address}"))?;
//! let mut channel = channel::Builder::new(target).build::<Body>();
//!
//! let request = http::Request::post(format!("http://{address}/order")).body(Body(Empty::new()))?;
//! let response = channel.call(request).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "latte");
//! # Ok(())
//! # }
//! ```
//!
//! # Events
//!
//! With the feature `tracing`, what becomes of connections is told under the target `ziggurat::channel`: made, failed
//! and left at the level DEBUG, and at WARN that the server complains of too many PINGs (E-8). Calls are not told.
//!
//! # Errors
//!
//! [`Error`](crate::Error): no connection was made, the channel was closed, or the request or its connection failed
//! after it may have left.
//!
//! # Cancel safety
//!
//! Dropping a call that waits leaves the queue and the attempt to the others. Dropping the last handle, with no call
//! waiting, stops the attempt; a connection ends when its running calls are over.

mod body;
mod builder;
mod closing;
mod connecting;
mod endpoints;
mod future;
mod head;
pub mod many;
mod resend;
mod servers;
mod service;
mod shared;
mod wait_for_ready;

pub use crate::endpoint::{Attempt, Backoff, EndpointStatus, Prepare, State, States};
pub use body::ResponseBody;
pub use builder::Builder;
pub use closing::Closing;
pub use connecting::Connecting;
pub use endpoints::Endpoints;
pub use future::ResponseFuture;
pub use resend::ResendLimit;
pub use service::Channel;
pub use wait_for_ready::WaitForReady;
