//! A server that fails on order and writes down what it began.
//!
//! Whether a client lost a call, or let it be done twice, only its server knows. The one here, made of h2, keeps a
//! [`Ledger`] of every call by its number, while its [`Habits`] are bad: it ends connections while calls run, refuses
//! streams, allows few of them and takes its time. The tests of `tests/lifecycle` and the program `soak` lead the client
//! through it.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use ziggurat::{Channel, Client, Raw};
//! use ziggurat_soak::{Age, CALL, CALL_ID, Habits, Ledger, Server};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ledger = Arc::new(Ledger::new(20));
//! let server = Server::start(Habits::new().age(Age::Calls(3)), Arc::clone(&ledger))?;
//!
//! let channel = Channel::builder(&server.url())?.connect_lazy();
//! let client = Client::new(channel).with_codec::<Raw>();
//! for id in 0..20 {
//!     let call = client.unary(&CALL, Bytes::new());
//!     call.metadata(CALL_ID, &id.to_string()).await?;
//!     assert_eq!(ledger.begun(id), 1);
//! }
//! # Ok(())
//! # }
//! ```

mod ledger;
mod server;

pub use ledger::Ledger;
pub use server::{Age, CALL, CALL_ID, Flow, Habits, LATE, Refusal, STREAM, Server, UPLOAD, serve};
