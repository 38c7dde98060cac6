//! The gRPC protocol as pure functions and types; no runtime, no transport.
//!
//! What a gRPC client must know of the wire, and nothing of how bytes travel: [`Method`],
//! [`Metadata`], [`Status`], the [`timeout`] grammar, length-prefixed [`frame`]s and their
//! [`compression`], the request's [`Body`], the [`Codec`] trait, and [`response`], the one place
//! that turns an HTTP answer into a gRPC outcome.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Code, protocol::response};
//!
//! let mut trailers = http::HeaderMap::new();
//! trailers.insert("grpc-status", "5".parse()?);
//! trailers.insert("grpc-message", "no such%20bean".parse()?);
//! let status = response::trailers(http::StatusCode::OK, &trailers).unwrap_err();
//! assert_eq!((status.code(), status.message()), (Code::NotFound, "no such bean"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

pub mod body;
pub mod codec;
pub mod compression;
pub mod frame;
pub mod metadata;
pub mod method;
pub mod peer;
pub mod response;
pub mod status;
pub mod timeout;
mod tls_info;

pub use body::Body;
pub use codec::Codec;
pub use metadata::{InvalidMetadata, Metadata};
pub use method::{Idempotency, Method, MethodDescriptor};
pub use peer::Peer;
pub use response::Outcome;
pub use status::{Code, Status};
pub use tls_info::TlsInfo;

/// A boxed error that can cross threads, as tower names it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
