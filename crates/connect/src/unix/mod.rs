//! Connects to unix sockets: the target's path or abstract name is opened.
//!
//! # Example
//!
//! ```
//! use tower_service::Service;
//! use ziggurat::channel::{Target, Unix};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let error = Unix::new().call(Target::unix("/no/cafe.sock")?).await.unwrap_err();
//! assert!(error.to_string().starts_with("there is no file /no/cafe.sock: "));
//! # Ok(())
//! # }
//! ```

mod error;
mod service;
#[cfg(test)]
mod tests;

pub use error::UnixError;
pub use service::{Opening, Unix};
pub(super) use tokio::net::UnixStream;
