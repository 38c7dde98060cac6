//! What errors say: the words of others made safe to print, and causes that are told once.
//!
//! Two rules hold for every sentence of the library, and each is one function:
//!
//! - Bytes of a peer never stand in a sentence as they came: [`foreign`] escapes and bounds them.
//! - A sentence tells the whole of what is known, and [`Error::source`] does not tell it again: it leads to the first
//!   cause that was not told, or to the I/O error where [`source`] finds no other.
//!
//! # Example
//!
//! ```
//! use ziggurat_text::foreign;
//!
//! let body = b"no beans\n2026-11-29 ERROR all beans stolen\x1b[2J";
//! let text = format!("the answer is not gRPC: {}", foreign(body, 1024));
//! assert_eq!(text, r"the answer is not gRPC: no beans\n2026-11-29 ERROR all beans stolen\u{1b}[2J");
//! ```
//!
//! [`Error::source`]: std::error::Error::source

mod causes;
mod foreign;
#[cfg_attr(feature = "http2", path = "http2/told.rs")]
#[cfg_attr(not(feature = "http2"), path = "http2/unknown.rs")]
mod http2;

pub use causes::{bare, causes, is_bare, source, tells};
pub use foreign::{Foreign, TEXT, VALUE, foreign};
#[cfg(feature = "http2")]
pub use http2::{Http2Reason, reason as http2_reason};
