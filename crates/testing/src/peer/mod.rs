//! An HTTP/2 server driven frame by frame.
//!
//! The peer answers as its script says: at any point, in any order, properly or not. It keeps every frame the client
//! sent, decoded, so that a test can assert what was on the wire and in which order. It listens on loopback
//! ([`Peer`]) or sits at the end of any pipe ([`Connection::over`]); over an in-memory pipe it needs no real time.
//!
//! # Example
//!
//! ```
//! use ziggurat_testing::peer::{Connection, Reason};
//!
//! # async fn call(io: tokio::io::DuplexStream) -> Result<(), h2::Error> {
//! #     let (mut h2, connection) = h2::client::handshake(io).await?;
//! #     tokio::spawn(connection);
//! #     let request = http::Request::post("http://cafe.example/cafe.Machine/MakeLatte").body(()).expect("valid");
//! #     let (response, mut body) = h2.send_request(request, false)?;
//! #     body.send_data("sugar".into(), false)?;
//! #     response.await?;
//! #     body.send_reset(h2::Reason::CANCEL);
//! #     std::future::pending().await
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (client, server) = tokio::io::duplex(64 * 1024);
//! tokio::spawn(call(client)); // the client under test
//!
//! let mut conn = Connection::over(server).await?;
//! let request = conn.request().await?;
//! assert_eq!(request.fields.get(":method"), Some("POST"));
//!
//! conn.headers(request.stream, [(":status", "200"), ("content-type", "application/grpc")]).await?;
//! conn.data(request.stream, "half a mess").await?;
//! assert_eq!(conn.reset_of(request.stream).await?, Reason::CANCEL);
//!
//! assert_eq!(conn.barrier().await?.lines(), ["DATA 1 (5)", "RST_STREAM 1 CANCEL"]);
//! # Ok(())
//! # }
//! ```
//!
//! # What the client sent
//!
//! [`Connection::request`] and [`Connection::next_frame`] walk through the frames in order;
//! [`body`](Connection::body) and [`reset_of`](Connection::reset_of) wait for one stream, wherever the walk stands;
//! [`log`](Connection::log) has everything. That a client sends nothing more is shown without a timer, by
//! [`barrier`](Connection::barrier).
//!
//! # What the peer sends
//!
//! Named methods for the usual, [`RawFrame`] and [`HeaderBlock`] for any frame, [`Connection::bytes`] for what is
//! none. The peer checks nothing it sends.
//!
//! # Flow control
//!
//! Unless told otherwise ([`Options::windows`]) the peer gives no credit back: a client gets stuck after 65,535 bytes
//! until the script [grants](Connection::grant) more. [`Connection::client_may_send`] and [`Connection::peer_may_send`] show
//! both directions.

mod block;
mod connection;
mod decode;
mod error;
mod fields;
mod frame;
mod hpack;
mod listen;
mod log;
mod raw;
mod reason;
mod settings;

pub use block::HeaderBlock;
pub use connection::{Connection, Control, Options, Request, Script, grpc_message};
pub use error::PeerError;
pub use fields::Fields;
pub use frame::Frame;
pub use listen::Peer;
pub use log::Log;
pub use raw::{Kind, RawFrame};
pub use reason::Reason;
pub use settings::{Setting, Settings};
