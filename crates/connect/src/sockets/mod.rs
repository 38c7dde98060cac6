//! Connects to what the target names: over TCP, or to a unix socket.
//!
//! # Example
//!
//! ```
//! use tower_service::Service;
//! use ziggurat::channel::{Sockets, Target, TcpError, UnixError};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut sockets = Sockets::new();
//! let error = sockets.call(Target::parse("http://name.invalid")?).await.unwrap_err();
//! assert!(error.is::<TcpError>());
//! let error = sockets.call(Target::unix("/no/cafe.sock")?).await.unwrap_err();
//! assert!(error.is::<UnixError>());
//! # Ok(())
//! # }
//! ```

mod service;
mod stream;

pub use service::{Reaching, Sockets};
pub use stream::SocketStream;
