//! Calls whose sending and receiving is in your hands.
//!
//! `stub.open()` has the stub's methods once more, without messages. What it gives sends nothing until told: headers
//! alone, message by message, the end with the last message or by itself; and it reads when told. What a shape does
//! not have (a second message of a unary call, reading a client stream) is not there.
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
//! Every future may be dropped. A dropped `send` has not accepted its message, but for the first message of a call: it
//! is accepted at once, and what is awaited is that the request leaves. No message is lost or doubled. Dropping the
//! handle, or one half of it before its end, cancels the call.

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
pub type Unary<Req, Resp> = Opened<Req, Resp, shape::Unary>;
/// An opened call: one message, many answers.
pub type ServerStreaming<Req, Resp> = Opened<Req, Resp, shape::ServerStreaming>;
/// An opened call: many messages, one answer.
pub type ClientStreaming<Req, Resp> = Opened<Req, Resp, shape::ClientStreaming>;
/// An opened call: many messages, many answers.
pub type Bidi<Req, Resp> = Opened<Req, Resp, shape::Bidi>;

#[cfg(test)]
mod tests;
