//! Secures channels with TLS, and proves who is at either end.
//!
//! `https://` is all that most need: the server is verified by the roots of the system. Own roots, a client certificate
//! and another server name are [`TlsOptions`], given to [`Builder::tls`](crate::channel::Builder::tls). Certificates and
//! keys in files are read again for each new connection, and [`Tls::replace`] sets other options while channels run.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Channel, tls::{Roots, TlsOptions}};
//!
//! # fn channels() -> Result<(), Box<dyn std::error::Error>> {
//! let public = Channel::builder("https://cafe.example")?.connect_lazy();
//!
//! let tls = TlsOptions::new().roots(Roots::pem_file("/etc/cafe/ca.pem")?);
//! let private = Channel::builder("https://cafe.internal:50051")?.tls(tls)?.connect_lazy();
//! # drop((public, private));
//! # Ok(())
//! # }
//! # assert!(channels().is_err());
//! ```
//!
//! # Errors
//!
//! [`TlsError`] where certificates, keys or options are given. What goes wrong between the two ends is UNAVAILABLE, with
//! a sentence that says what to do, and the `rustls::Error` among the sources of the status.

/// The library that speaks TLS, for its configuration and its verifiers.
pub use rustls;
pub use ziggurat_connect::tls::{Identity, Problem, Roots, Tls, TlsError, TlsOptions};
