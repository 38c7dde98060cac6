//! Secures a channel's connections with TLS, and proves who is at either end.
//!
//! [`TlsOptions`] say whom to trust and what to show; [`Tls`] is what was checked and is used for each new connection.
//! TLS goes over whatever the connector opened: TCP, a unix socket, a tunnel. The version is 1.2 or 1.3, and the server
//! must choose HTTP/2 by ALPN (I-2), unless that is [assumed](TlsOptions::assume_http2).
//!
//! # Example
//!
//! ```
//! # fn write_some() -> Result<(), Box<dyn std::error::Error>> {
//! use ziggurat::{Channel, tls::{Identity, Roots, TlsOptions}};
//!
//! # let directory = std::env::temp_dir();
//! # let (ca, chain, key) = (directory.join("ca.pem"), directory.join("chain.pem"), directory.join("key.pem"));
//! let options = TlsOptions::new()
//!     .roots(Roots::pem_file(ca)?)
//!     .identity(Identity::pem_files(chain, key)?);
//! let builder = Channel::builder("https://cafe.example")?.tls(options)?;
//! # let _ = builder;
//! # Ok(())
//! # }
//! # assert!(write_some().is_err());
//! ```
//!
//! # Rotation
//!
//! Files are read again for each new connection, and [`Tls::replace`] sets other options: both hold from the next
//! connection on. What is bad is not used, and can be [asked for](Tls::reload_error).
//!
//! # Errors
//!
//! [`TlsError`] for what is wrong with the own material, where it is given. What goes wrong between the two ends fails the
//! attempt to connect, with the `rustls::Error` among the sources of its error.

mod config;
mod date;
mod error;
#[cfg_attr(feature = "tracing", path = "events/traced.rs")]
#[cfg_attr(not(feature = "tracing"), path = "events/untold.rs")]
mod events;
mod explain;
mod files;
mod given;
mod handshake;
mod identity;
mod name;
mod options;
mod pem;
mod provider;
mod roots;
mod shared;
mod stream;

pub use error::{Problem, TlsError};
pub use given::given;
pub use handshake::secure;
pub use identity::Identity;
pub use name::check_name;
pub use options::TlsOptions;
pub use roots::Roots;
/// The library that speaks TLS, for its configuration and its verifiers.
pub use rustls;
pub use shared::Tls;
pub use stream::Secured;
