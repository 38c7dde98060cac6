//! Connects over TCP: resolves the name, tries its addresses, first of them wins.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Channel, channel::{Tcp, TcpOptions}};
//!
//! let tcp = Tcp::new(TcpOptions::new().attempt_delay(Duration::from_millis(500)));
//! let builder = Channel::builder("http://cafe:50051")?.connector(tcp);
//! # let _ = builder;
//! # Ok::<_, ziggurat::InvalidTarget>(())
//! ```

mod error;
mod options;
mod race;
mod service;
#[cfg(test)]
mod tests;

pub use error::TcpError;
pub use options::TcpOptions;
pub use service::{Connecting, Tcp};
