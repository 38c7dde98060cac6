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
//! # Where to find what
//!
//! [`configure`] gives a [`Builder`], and the builder the code:
//!
//! | to | there is |
//! |---|---|
//! | generate from one file | [`compile()`] |
//! | generate from files | [`Builder::compile`] |
//! | generate from what protoc or buf made of them | [`Builder::compile_descriptors`] |
//! | have packages that import each other | [`Builder::include_file`] |
//! | write elsewhere than to `OUT_DIR` | [`Builder::out_dir`] |
//! | use types that exist | [`Builder::extern_path`], [`Builder::standard_details`] |
//! | keep maps in order, share bytes, box what is large | [`Builder::btree_map`], [`Builder::bytes`], [`Builder::boxed`] |
//! | add derives and other attributes | [`Builder::type_attribute`], [`Builder::field_attribute`] |
//! | keep stubs apart from messages, or leave them out | [`Builder::stub_module`], [`Builder::messages_only`] |
//! | rename or re-export `ziggurat` | [`Builder::crate_path`] |
//! | serve reflection | [`Builder::file_descriptor_set_path`] |
//! | set what prost-build can besides | [`Builder::prost`], [`ProstConfig`] |
//!
//! # Which files
//!
//! Those with `syntax = "proto2"` or `"proto3"`, or without one, are read here. They are looked up as by protoc: a
//! path that exists is named by the include folder around it, any other name is looked for in the include folders; a
//! name in a file means what the file and its imports say, whatever else is compiled with it. A byte order mark is
//! skipped, and comments may be in Latin-1.
//!
//! Editions 2023 and 2024 are read as descriptors, and so is whatever protoc takes and the parser here does not:
//! [`Builder::compile_descriptors`] has the command.
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
//! A package `a.b` beside a message `a.B` with types of its own has the message's module: `a::b` has the types of
//! both, and the file of `a` includes that of `a.b`. The program leaves the latter out.
//!
//! # Names
//!
//! An RPC `MakeLatte` is called `make_latte`. Names that are Rust keywords get a `_` (`match_`),
//! and on the stub also those it needs itself (`new_`, `with_`, `with_codec_`, `open_`, `service_`,
//! `clone_`) or that a trait of the prelude would win (`into_`, `try_into_`).
//!
//! The values of an enum lose the enum's name, `KIND_BIG` of `Kind` is `Kind::Big`; where that would make two of
//! them one, this enum's keep it. A map whose values are of an enum and whose name is a keyword gets a `_` too.
//!
//! Two names that become one, such as `foo_bar` and `FooBar`, are an error that shows both with file, line and
//! column: [`Error::Collision`]. Nothing is written then.
//!
//! # Time
//!
//! It grows with the files and no faster. Messages with a oneof each, generated by a program that is not optimized, as
//! build scripts are not, on two cores of an AMD EPYC:
//!
//! | messages | seconds |
//! |---|--:|
//! | 2,000 | 0.53 |
//! | 4,000 | 1.07 |
//! | 8,000 | 2.24 |
//!
//! In the repository `cargo run --manifest-path benches/Cargo.toml --package compile-time-oneofs` measures it.

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
