//! A gRPC client built as a stack of tower layers over one shared HTTP/2 connection.
//!
//! A call is an `http::Request` that goes down through floors, and its answer comes up through
//! them. Each floor is a [`tower`](tower_service) layer that can be used, replaced or left out; the
//! ground is a [`Channel`], or any other HTTP service.
//!
//! ```text
//!   cafe.make("latte")                 a stub's method gives a Call; awaiting it sends it
//!     │             ▲
//!     ▼             │
//!   codec         message ⇄ bytes      ┐
//!   metadata      defaults             │ of each call: CallOptions set it up
//!   deadline      one clock            ┘
//!     │             ▲                    http::Request ⇄ http::Response
//!     ▼             │
//!   your floors   retry, credentials, limits, tracing: any tower layer
//!     │             ▲
//!     ▼             │
//!   status        HTTP/2 ⇄ gRPC        ┐
//!   channel       connects, waits      │ a Channel: one for each server
//!   origin        authority, timeout   │
//!   connection    one, shared by all   ┘
//! ```
//!
//! # Example
//!
//! A stub has a line for each method. Generated ones look the same from outside.
//!
//! ```
//! use std::{error::Error, time::Duration};
//!
//! use ziggurat::{Call, Channel, Client, GrpcService, Method, StreamingCall, shape};
//!
//! const MAKE: Method<String, String, shape::Unary> = Method::new("/cafe.v1.Machine/Make");
//! const WATCH: Method<String, String, shape::ServerStreaming> =
//!     Method::new("/cafe.v1.Machine/Watch");
//!
//! struct Cafe<S = Channel>(Client<S>);
//!
//! impl<S: GrpcService> Cafe<S> {
//!     fn make(&self, order: &str) -> Call<String, S> {
//!         self.0.unary(&MAKE, order.to_owned())
//!     }
//!
//!     fn watch(&self, table: &str) -> StreamingCall<String, S> {
//!         self.0.server_streaming(&WATCH, table.to_owned())
//!     }
//! }
//!
//! async fn breakfast<S: GrpcService>(cafe: Cafe<S>) -> Result<(), Box<dyn Error>> {
//!     // A method is called, awaited, and gives the message.
//!     let coffee = cafe.make("latte").await?;
//!     assert_eq!(coffee, "latte");
//!
//!     // Settings of one call; the answer with its metadata.
//!     let call = cafe.make("mocha").timeout(Duration::from_millis(300));
//!     let response = call.metadata("x-table", "7").send().await?;
//!     assert_eq!(response.initial_metadata().get("x-table"), Some("7"));
//!
//!     // A stream of answers: an error is the call's status, the end is a clean OK.
//!     let mut orders = cafe.watch("7").await?;
//!     while let Some(order) = orders.recv().await? {
//!         println!("{order}");
//!     }
//!     Ok(())
//! }
//! # mod service { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs")); }
//! # use service::cafe;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn Error>> {
//! // Over a channel, connected at the first call and shared by all stubs and clones …
//! let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
//! let remote = Cafe(Client::new(channel));
//! # drop(remote);
//! // … or over any HTTP service of tower, such as one in this process.
//! breakfast(Cafe(Client::new(cafe()))).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | to | there is |
//! |---|---|
//! | generate stubs from `.proto` files | the crate `ziggurat-build` |
//! | write a stub by hand | [`Client`], [`Method`] |
//! | connect to a server | [`Channel`] and its [`Builder`](channel::Builder) |
//! | connect in another way than over TCP | [`Builder::connector`](channel::Builder::connector) |
//! | use TLS, client certificates | `https://`, [`Builder::tls`](channel::Builder::tls), the module [`tls`] |
//! | set timeout, metadata, limits | [`CallOptions`], and the same setters on each [`Call`] |
//! | get metadata and peer with an answer | [`Call::send`], [`Response`] |
//! | read and send streams | [`StreamingCall`], [`Streaming`], [`IntoMessages`] |
//! | send and receive step by step | [`Client::open`], the module [`open`] |
//! | cancel a call from elsewhere | [`CancelHandle`] |
//! | see why a call failed | [`Status`], [`Code`] |
//! | put layers between stub and channel, or a stub on another service | [`GrpcService`] |
//! | read what a service's owner says of its calls | [`service_config`] |
//! | send calls again that fail, or that take long | [`layers::retry`], [`layers::hedge`] |
//! | retry by rules of your own | `tower::retry` with [`Outcome`] and [`try_clone_request`] |
//! | tell a layer something about one call | [`CallOptions::extension`], and the same on each [`Call`] |
//! | know in a layer which method is called | [`MethodDescriptor::of`] |
//! | see how calls end | [`layers::outcome`] |
//! | pass an inbound deadline on | [`Deadline::from_headers`] |
//! | write messages in another way | [`Codec`], [`Client::with_codec`] |
//! | compress | [`CallOptions::compress_with`], [`compression`] |
//! | ask a server how it is | [`health`] |
//! | balance over all servers of a name | [`channel::Builder::balance`], [`balance`] |
//! | balance over several servers with tower | [`Channel::ready_when_connected`] |
//! | compose typed services | [`Client::service`], [`BoundMethod`] |
//! | use a floor alone, under other stubs | [`layers`] |
//!
//! In the repository, the folder `docs` has longer pages, whose snippets are tested too: `composing.md` on layers, their
//! order and boxes for them, `retrying.md` on what is safe to send again and what it does in an outage, `balancing.md` on
//! many servers behind one name, `testing.md` on fakes, `from-tonic.md`, `from-grpclib.md`, `reaching-a-server.md`,
//! `secure-channels.md`, `lifecycle.md`, `performance.md`, and `troubleshooting.md`, which has every sentence that a status, an
//! error or an event can say, with what it means and what to do.
//!
//! # Errors and cancelling
//!
//! Each call that fails ends with a [`Status`], whatever went wrong: also a port that refuses, a
//! deadline, or a layer's own error, which is then the status' source. Dropping anything of a call
//! before its end (its future, its stream, an opened call, one half of it) cancels it, and the
//! server sees that (B-20).
//!
//! The text of a status tells all that is known: what happened, to whom, why, and what to do. Its
//! [`source()`](std::error::Error::source) is the I/O or TLS error that it came from, if there is one.
//!
//! # Features
//!
//! Each adds, and changes nothing else. By default there are `ring-hash`, `weighted-round-robin`,
//! `tls-ring`, `tls-native-roots` and `tracing`.
//!
//! | feature | adds |
//! |---|---|
//! | `json` | the codec `Json`, by serde; [`service_config`] from JSON |
//! | `gzip`, `deflate`, `zstd` | the encoding of that name: its answers are read, requests can use it |
//! | `hickory` | `balance::resolve::Dns`: servers by DNS, as long as its records count, and by SRV records |
//! | `ring-hash`, `weighted-round-robin` | the policy of that name, in `balance::policy` |
//! | `tls` | [`tls`] and `https://`, without cryptography and roots; those below have it in them |
//! | `tls-ring`, `tls-aws-lc` | cryptography for TLS; with both it is ring |
//! | `tls-native-roots` | the roots of the system, which are the default |
//! | `tls-webpki-roots` | Mozilla's roots, by `Roots::bundled` |
//! | `tracing` | events of [channels](channel#events): connections made, failed and left; none for calls |

mod authority;
pub mod bound;
pub mod call;
mod caller;
pub mod channel;
pub mod client;
mod defaults;
mod floors;
pub mod health;
#[cfg(test)]
mod mock;
pub mod open;
mod options;
mod response;
mod service;
mod serving;
#[cfg(feature = "tls")]
pub mod tls;

pub use authority::InvalidAuthority;
pub use bound::{BoundMethod, OneRequest};
pub use call::{Call, CancelHandle, IntoMessages, Streaming, StreamingCall};
pub use channel::Channel;
pub use client::Client;
pub use open::Opener;
pub use options::CallOptions;
pub use response::Response;
pub use service::GrpcService;

/// Many servers behind one name: who finds them, and who chooses among them.
#[doc(inline)]
pub use ziggurat_balance as balance;
/// What the owner of a service says about how its clients call it, in types.
#[doc(inline)]
pub use ziggurat_config as service_config;
pub use ziggurat_connect::{InvalidTarget, target::Problem};
/// The floors, each a tower layer that can be used alone: origin, metadata, deadline, retry, hedge, status.
#[doc(inline)]
pub use ziggurat_layers as layers;
pub use ziggurat_layers::context::Deadline;
/// The protocol as pure functions and types.
#[doc(inline)]
pub use ziggurat_protocol as protocol;
#[cfg(feature = "json")]
pub use ziggurat_protocol::codec::Json;
/// How messages are compressed, and how to add an encoding.
pub use ziggurat_protocol::compression;
pub use ziggurat_protocol::{
    Body, BoxError, Code, Codec, Idempotency, InvalidMetadata, Metadata, Method, MethodDescriptor,
    Outcome, Peer, Status, TlsInfo,
    body::try_clone_request,
    codec::{Prost, Raw},
    method::shape,
};
