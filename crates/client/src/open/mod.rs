//! Calls whose sending and receiving is in your hands.
//!
//! `stub.open()` has the stub's methods once more, without messages. What it gives sends nothing
//! until told: headers alone, message by message, the end with the last message or by itself; and
//! it reads when told. What a shape does not have (a second message of a unary call, reading a
//! client stream) is not there.
//!
//! | | [`Unary`] | [`ServerStreaming`] | [`ClientStreaming`] | [`Bidi`] |
//! |---|---|---|---|---|
//! | `send_request` | sends the headers | the same | the same | the same |
//! | `send` | the message; gives a [`Reply`] | the message; gives a [`Streaming`] | a message | a message |
//! | `send_last` | | | a message; gives a [`Reply`] | a message |
//! | `end` | | | gives a [`Reply`] | ends the request |
//! | `recv` | | | | reads a message |
//! | `trailing_metadata` | | | | after the last message |
//! | `finish` | | | | reads to the end |
//! | `split` | | | | gives a [`Sender`] and a [`Streaming`] |
//! | `initial_metadata` | reads the headers | the same | the same | the same |
//! | `cancel` | ends the call | the same | the same | the same |
//! | `cancel_handle` | ends it from elsewhere | the same | the same | the same |
//!
//! What was skipped is done by what comes later: reading sends the headers, and so does a message.
//! Settings are those of the stub: `stub.with(options).open()` has others.
//!
//! [`Streaming`]: crate::Streaming
//!
//! # Example
//!
//! ```
//! # use ziggurat::{Channel, Client, Method, shape, Status};
//! const CHAT: Method<String, String, shape::Bidi> = Method::new("/cafe.v1.CoffeeMachine/Chat");
//!
//! # async fn talk(client: Client<Channel>) -> Result<(), Status> {
//! let mut call = client.open().bidi(&CHAT);
//! call.send_request().await?; // headers only, if wanted before the first message
//! call.send("one latte".to_owned()).await?;
//! let answer = call.recv().await?;
//! call.send_last("thanks".to_owned()).await?; // the message and the end in one frame
//! let trailing = call.finish().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//!
//! Every future may be dropped. A dropped `send` has not accepted its message, but for the first
//! message of a call: it is accepted at once, and what is awaited is that the request leaves. No
//! message is lost or doubled. Dropping the handle, or one half of it before its end, cancels the
//! call (B-20, B-23).
//!
//! # Errors
//!
//! A failed `send` says that the call sends nothing any more; how the call ended is what reading it
//! tells (A-147). Rules that types do not exclude are [`Misuse`]: an INTERNAL status with that
//! source.

mod bidi;
mod client_streaming;
mod error;
mod one_request;
mod opened;
mod opener;
mod reply;
mod sender;

pub use error::{Misuse, Over};
pub use opened::Opened;
pub use opener::Opener;
pub use reply::Reply;
pub use sender::Sender;

use ziggurat_protocol::method::shape;

/// An opened call: one message, one answer.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let mut call = client.open().unary(&MAKE);
/// call.send_request().await?; // the server sees the metadata and may begin
/// let reply = call.send("latte".to_owned()).await?;
/// assert_eq!(reply.await?, "latte");
/// # Ok(()) }) }
/// ```
pub type Unary<Req, Resp> = Opened<Req, Resp, shape::Unary>;
/// An opened call: one message, many answers.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let call = client.open().server_streaming(&WATCH);
/// let mut orders = call.send("table 7".to_owned()).await?;
/// assert_eq!(orders.recv().await?.as_deref(), Some("table 7"));
/// assert_eq!(orders.recv().await?, None);
/// # Ok(()) }) }
/// ```
pub type ServerStreaming<Req, Resp> = Opened<Req, Resp, shape::ServerStreaming>;
/// An opened call: many messages, one answer.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let mut call = client.open().client_streaming(&UPLOAD);
/// call.send("a bean".to_owned()).await?;
/// let reply = call.send_last("the other bean".to_owned()).await?;
/// assert_eq!(reply.await?, "2");
/// # Ok(()) }) }
/// ```
pub type ClientStreaming<Req, Resp> = Opened<Req, Resp, shape::ClientStreaming>;
/// An opened call: many messages, many answers.
///
/// It is a [`Stream`](futures_core::Stream) of answers too, which ends after an error.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let mut call = client.open().bidi(&CHAT);
/// for line in ["hello", "how are you?"] {
///     call.send(line.to_owned()).await?;
///     assert_eq!(call.recv().await?.as_deref(), Some(line));
/// }
/// let trailing = call.finish().await?;
/// assert!(trailing.is_empty());
/// # Ok(()) }) }
/// ```
pub type Bidi<Req, Resp> = Opened<Req, Resp, shape::Bidi>;

#[cfg(test)]
mod tests;
