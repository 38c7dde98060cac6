//! A gRPC client built as a stack of tower layers over one shared HTTP/2 connection.
//!
//! Each call is an `http::Request` that goes down through floors and an answer that comes up through them. Each floor
//! is a [`tower`](tower_service) layer that can be used, replaced or left out; the ground is a [`Channel`], or any
//! other HTTP service. See [`Client`] for stubs by hand, the crate `ziggurat-build` for generated ones, [`open`] for
//! calls in full control, and [`layers`] for the floors.

pub mod bound;
pub mod call;
mod caller;
pub mod channel;
pub mod client;
mod floors;
#[cfg(test)]
mod mock;
pub mod open;
mod options;
mod response;
mod service;

pub use bound::{BoundMethod, OneRequest};
pub use call::{Call, IntoMessages, Streaming, StreamingCall};
pub use channel::Channel;
pub use client::Client;
pub use open::Opener;
pub use options::CallOptions;
pub use response::Response;
pub use service::GrpcService;

/// The floors, each a tower layer that can be used alone.
pub use ziggurat_layers as layers;
pub use ziggurat_layers::context::Deadline;
/// The protocol as pure functions and types.
pub use ziggurat_protocol as protocol;
#[cfg(feature = "json")]
pub use ziggurat_protocol::codec::Json;
/// How messages are compressed, and how to add an encoding.
pub use ziggurat_protocol::compression;
pub use ziggurat_protocol::{
    Body, BoxError, Code, Codec, Idempotency, InvalidMetadata, Metadata, Method, Outcome, Peer,
    Status,
    body::try_clone_request,
    codec::{Prost, Raw},
    method::shape,
};
pub use ziggurat_transport::{InvalidTarget, target::Problem};
