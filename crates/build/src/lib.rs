//! Generates Ziggurat's client stubs from `.proto` files in a `build.rs`, without protoc.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .out_dir(out.path()) // in a build.rs the default is right: OUT_DIR
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
//! assert!(code.contains("pub struct CoffeeMachineStub"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! For one file [`compile`] is enough. The program includes what was written, a file for each
//! package:
//!
//! ```text
//! // Cargo.toml
//! [dependencies]
//! prost = "0.14"
//! prost-types = "0.14" # for messages such as google.protobuf.Timestamp
//! ziggurat = "0.1"
//!
//! [build-dependencies]
//! ziggurat-build = "0.1"
//!
//! // build.rs
//! fn main() -> Result<(), ziggurat_build::Error> {
//!     ziggurat_build::compile("proto/cafe.proto")
//! }
//!
//! // src/main.rs
//! pub mod cafe {
//!     include!(concat!(env!("OUT_DIR"), "/cafe.v1.rs"));
//! }
//! ```
//!
//! [`configure`] has the settings: other folders, existing types, attributes, where stubs stand.
//!
//! # What is generated
//!
//! Messages are prost's. A service `CoffeeMachine` becomes three types, each a thin shell over the
//! client of `ziggurat`:
//!
//! - `CoffeeMachineStub` has a method for each RPC, which makes a call;
//! - `CoffeeMachineOpen`, what its `open()` gives, has the same methods without a message, for
//!   calls that are sent and received by hand;
//! - `CoffeeMachineMethods` has a constant for each RPC: its path, message types, shape and
//!   idempotency.
//!
//! The shape of an RPC decides what its method on the stub takes and gives:
//!
//! | RPC | the stub's method takes | and gives |
//! |---|---|---|
//! | `rpc M(A) returns (B)` | `A` | `Call<B, S>` |
//! | `rpc M(A) returns (stream B)` | `A` | `StreamingCall<B, S>` |
//! | `rpc M(stream A) returns (B)` | `impl IntoMessages<A, K>` | `Call<B, S>` |
//! | `rpc M(stream A) returns (stream B)` | `impl IntoMessages<A, K>` | `StreamingCall<B, S>` |
//!
//! Comments become rustdoc; code in them is never run. `deprecated` becomes `#[deprecated]`, and
//! `idempotency_level` stands in the method's constant.
//!
//! All of it passes clippy, and the stubs pass its pedantic lints too. prost's enums and prose
//! about messages do not: where these lints are on, the module that includes the code wants
//! `#[allow(clippy::pedantic)]`.
//!
//! # Names
//!
//! An RPC `MakeLatte` is called `make_latte`. Names that are Rust keywords get a `_` (`match_`),
//! and on the stub also those it needs itself (`new_`, `with_`, `with_codec_`, `open_`, `service_`,
//! `clone_`) or that a trait of the prelude would win (`into_`, `try_into_`). Two RPCs or types
//! that become one name are an error that shows both.

mod builder;
mod check;
mod comments;
mod descriptors;
mod editions;
mod enums;
mod error;
mod externs;
mod generator;
mod modules;
mod names;
mod options;
mod output;
mod place;
mod polish;
mod prost_config;
mod rpc;
mod scope;
mod source;
mod sources;
mod syntax;
mod template;
mod walk;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use builder::{Builder, compile, configure};
pub use error::{Collision, Error};
pub use prost_config::ProstConfig;
