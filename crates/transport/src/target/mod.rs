//! Where a channel connects to, parsed from text.
//!
//! ```
//! use ziggurat_transport::Target;
//!
//! let target = Target::parse("http://[::1]:50051/")?;
//! assert_eq!((target.host(), target.port()), ("::1", 50051));
//! assert_eq!(target.authority().as_str(), "[::1]:50051");
//!
//! let error = Target::parse("localhost:50051").unwrap_err();
//! assert!(error.to_string().contains("http://localhost:50051"));
//! # Ok::<_, ziggurat_transport::InvalidTarget>(())
//! ```

mod invalid;
mod parse;
#[cfg(test)]
mod tests;

pub use invalid::{InvalidTarget, Problem};
pub use parse::Target;
