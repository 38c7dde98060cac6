//! Generates Ziggurat's client stubs from `.proto` files in a `build.rs`, without protoc.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let (proto, out) = (dir.path().join("cafe.proto"), dir.path());
//! std::fs::write(&proto, "syntax = 'proto3'; message Coffee {} service Cafe { rpc Make(Coffee) returns (Coffee); }")?;
//! ziggurat_build::configure().out_dir(out).compile(&[&proto], &[dir.path()])?;
//! assert!(std::fs::read_to_string(out.join("_.rs"))?.contains("pub struct CafeStub"));
//! # Ok(())
//! # }
//! ```
//!
//! In a `build.rs`, `ziggurat_build::compile("proto/cafe.proto")?` is enough; the program then has
//! `include!(concat!(env!("OUT_DIR"), "/cafe.v1.rs"))`, a file for each package.

mod builder;
mod check;
mod comments;
mod error;
mod generator;
mod names;

pub use builder::{Builder, compile, configure};
pub use error::Error;
