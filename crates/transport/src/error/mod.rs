//! What goes wrong between a request and its response.
//!
//! [`Error`] says it in words for people, as a [`Kind`] for programs, and through `source()` for those who look for the
//! `h2::Error` or the `io::Error` below. [`SendError`] adds the request, if it provably never left.
//!
//! # Example
//!
//! Whether a request may be sent again without the danger that it is acted on twice (C-30, C-31):
//!
//! ```
//! use ziggurat_transport::error::Kind;
//!
//! fn is_unprocessed(kind: Kind) -> bool {
//!     const REFUSED_STREAM: u32 = 7;
//!     match kind {
//!         Kind::Connect | Kind::NotHttp2 | Kind::Timeout | Kind::Closed => true,
//!         // Only what the server said counts, not what this side found (L-9, L-10).
//!         Kind::Reset { code, remote } => remote && code == REFUSED_STREAM,
//!         Kind::GoAway { remote, .. } => remote,
//!         _ => false,
//!     }
//! }
//! assert!(is_unprocessed(Kind::Reset { code: 7, remote: true }));
//! assert!(!is_unprocessed(Kind::Lost));
//! ```

mod chain;
mod exceeded;
mod failure;
mod send;
mod shared;
mod violation;

pub(crate) use exceeded::Block;
pub use failure::{Error, Kind};
pub use send::SendError;
pub(crate) use shared::share;
pub(crate) use violation::Violation;
