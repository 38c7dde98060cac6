//! Errors as they are passed on, and what stands in their chain of sources.
//!
//! Each connector has its own error: [`TcpError`](crate::TcpError), [`UnixError`](crate::UnixError),
//! [`ProxyError`](crate::ProxyError). What is here is for who looks into them, as `ziggurat-transport` does.
//!
//! # Example
//!
//! ```
//! use std::io;
//! use ziggurat_connect::error::find;
//!
//! let error = io::Error::other(io::Error::from(io::ErrorKind::NotFound));
//! assert_eq!(find::<io::Error>(&error).unwrap().kind(), io::ErrorKind::Other);
//! assert!(find::<std::fmt::Error>(&error).is_none());
//! ```

mod chain;
#[cfg_attr(feature = "tls", path = "secure/tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "secure/plain.rs")]
mod secure;

pub use chain::find;
#[cfg(feature = "tls")]
pub(crate) use secure::Explained;
pub use secure::is_tls;

/// A boxed error that can cross threads, as tower names it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
