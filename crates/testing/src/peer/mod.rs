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
//! until the script [grants](Connection::grant) more. [`Connection::client_may_send`] and
//! [`Connection::peer_may_send`] show both directions.
//!
//! # Recipes
//!
//! The behaviours of gRPC's HTTP/2 interop servers, as scripts for one call:
//!
//! ```
//! use ziggurat_testing::peer::{Connection, Frame, PeerError, RawFrame, Reason, grpc_message};
//!
//! /// rst_after_header: the stream ends before any data.
//! async fn rst_after_header(mut conn: Connection) -> Result<(), PeerError> {
//!     let stream = conn.request().await?.stream;
//!     conn.grpc_headers(stream).await?;
//!     conn.reset(stream, Reason::NO_ERROR).await
//! }
//!
//! /// ping: one PING before everything that is sent, and none stays unanswered.
//! async fn ping(mut conn: Connection) -> Result<(), PeerError> {
//!     let stream = conn.request().await?.stream;
//!     conn.ping(*b"before h").await?;
//!     conn.grpc_headers(stream).await?;
//!     conn.ping(*b"before d").await?;
//!     conn.message(stream, "latte").await?;
//!     conn.trailers(stream, [("grpc-status", "0")]).await?;
//!     conn.barrier().await?;
//!     let answers = conn.log().frames().iter().filter(|frame| matches!(frame, Frame::PingAck(_))).count();
//!     assert_eq!(answers, 2 + 2, "the script's and the barrier's");
//!     Ok(())
//! }
//!
//! /// data_frame_padding: most of the window is spent on padding.
//! async fn data_frame_padding(mut conn: Connection) -> Result<(), PeerError> {
//!     let stream = conn.request().await?.stream;
//!     conn.grpc_headers(stream).await?;
//!     for payload in grpc_message([0; 10_000]).chunks(5) {
//!         let frame = RawFrame::data(stream, payload.to_vec()).padded(255);
//!         conn.wait_to_send(stream, 261).await?;
//!         conn.frame(frame).await?;
//!     }
//!     conn.trailers(stream, [("grpc-status", "0")]).await
//! }
//!
//! /// goaway: the call is finished, the connection is not used again.
//! async fn goaway(mut conn: Connection) -> Result<(), PeerError> {
//!     let stream = conn.request().await?.stream;
//!     conn.go_away(stream, Reason::NO_ERROR, "").await?;
//!     conn.respond_ok(stream, ["latte"]).await?;
//!     conn.closed().await
//! }
//! # use ziggurat_testing::peer::Script;
//! # async fn call(io: tokio::io::DuplexStream) -> Result<usize, h2::Error> {
//! #     let (mut h2, connection) = h2::client::handshake(io).await?;
//! #     tokio::spawn(connection);
//! #     let request = http::Request::post("http://cafe.example/cafe.Machine/MakeLatte").body(()).expect("valid");
//! #     let (response, _) = h2.send_request(request, true)?;
//! #     let (mut body, mut length) = (response.await?.into_body(), 0);
//! #     while let Some(chunk) = body.data().await {
//! #         let chunk = chunk?;
//! #         length += chunk.len();
//! #         body.flow_control().release_capacity(chunk.len())?;
//! #     }
//! #     Ok(length)
//! # }
//! # async fn run<R>(script: fn(Connection) -> R) -> Result<Result<usize, h2::Error>, PeerError>
//! # where
//! #     R: Future<Output = Result<(), PeerError>> + Send + 'static,
//! # {
//! #     let (client, server) = tokio::io::duplex(64 * 1024);
//! #     let script = Script::spawn(Connection::over(server), script);
//! #     let outcome = call(client).await;
//! #     script.finish().await?;
//! #     Ok(outcome)
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # assert!(run(rst_after_header).await?.is_err());
//! # assert_eq!(run(ping).await??, 10);
//! # assert_eq!(run(data_frame_padding).await??, 10_005);
//! # assert_eq!(run(goaway).await??, 10);
//! # Ok(())
//! # }
//! ```

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
