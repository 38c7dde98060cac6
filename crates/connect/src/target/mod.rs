//! Where a channel connects to, parsed from text.
//!
//! | text | connects to | authority |
//! |---|---|---|
//! | `http://host[:port][/prefix]` | TCP, in plaintext; port 80 | `host[:port]` |
//! | `https://host[:port][/prefix]` | TCP, with TLS; port 443 | `host[:port]` |
//! | `dns:///host[:port]`, `dns:host[:port]` | TCP, with TLS; port 443 | `host[:port]` |
//! | `ipv4:address[:port],…`, `ipv6:[address]:port,…` | TCP to one of these, with TLS; port 443 | the first of them |
//! | `unix:path`, `unix:///path` | a unix socket; `path` may be relative | `localhost` |
//! | `unix-abstract:name` | a unix socket that has no file, on Linux | `localhost` |
//!
//! ```
//! use std::path::Path;
//! use ziggurat::channel::{Place, Target};
//!
//! let target = Target::parse("http://[::1]:50051/")?;
//! assert_eq!(target.place(), Place::Tcp { host: "::1", port: 50051 });
//! assert_eq!(target.authority(), "[::1]:50051");
//!
//! # #[cfg(unix)] {
//! let target = Target::parse("unix:/run/cafe.sock")?;
//! assert_eq!(target.place(), Place::Unix(Path::new("/run/cafe.sock")));
//! assert_eq!(target.authority(), "localhost");
//! # }
//!
//! // As gRPC writes names: with TLS, unless somebody says that there is none.
//! # if cfg!(feature = "tls") {
//! let target = Target::parse("dns:///cafe.example")?;
//! assert_eq!(target.place(), Place::Tcp { host: "cafe.example", port: 443 });
//! assert!(target.is_secure());
//! assert!(!target.plaintext()?.is_secure());
//! # }
//!
//! let error = Target::parse("localhost:50051").unwrap_err();
//! assert!(error.to_string().contains("http://localhost:50051"));
//! # Ok::<_, ziggurat::InvalidTarget>(())
//! ```

mod at;
mod conflict;
mod invalid;
mod names;
mod parse;
mod parts;
mod pieces;
mod place;
#[cfg_attr(target_os = "linux", path = "socket/linux.rs")]
#[cfg_attr(all(unix, not(target_os = "linux")), path = "socket/unix.rs")]
#[cfg_attr(not(unix), path = "socket/other.rs")]
mod socket;
#[cfg(test)]
mod tests;

pub use conflict::NameConflict;
pub use invalid::{InvalidTarget, Problem};
pub use place::{Place, Target};
