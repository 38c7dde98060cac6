//! Generates Ziggurat's client stubs from `.proto` files in a `build.rs`, without protoc.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .out_dir(out.path()) // in a build.rs the default is right: OUT_DIR
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! assert!(std::fs::read_to_string(out.path().join("cafe.v1.rs"))?.contains("pub struct CoffeeMachineStub"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! For one file `ziggurat_build::compile("proto/cafe.proto")?` is enough. The program includes what was written, a
//! file for each package, and depends on `ziggurat` and `prost` (and on `prost-types` for messages such as
//! `google.protobuf.Timestamp`):
//!
//! ```text
//! pub mod cafe {
//!     include!(concat!(env!("OUT_DIR"), "/cafe.v1.rs"));
//! }
//! ```
//!
//! # What is generated
//!
//! Messages are prost's. A service `CoffeeMachine` becomes three types:
//!
//! - `CoffeeMachineStub` has a method for each RPC, which makes a call;
//! - `CoffeeMachineOpen`, what its `open()` gives, has the same methods without a message, for calls that are sent
//!   and received by hand;
//! - `CoffeeMachineMethods` has a constant for each RPC: its path, message types, shape and idempotency.
//!
//! Comments become rustdoc; code in them is never run. `deprecated` becomes `#[deprecated]`.
//!
//! All of it passes clippy, and the stubs pass its pedantic lints too. prost's enums and prose about messages do not:
//! where these lints are on, the module that includes the code wants `#[allow(clippy::pedantic)]`.
//!
//! # Names
//!
//! An RPC `MakeLatte` is called `make_latte`. Names that are Rust keywords get a `_` (`match_`), and on the stub also
//! those it needs itself (`new_`, `with_`, `with_codec_`, `open_`, `service_`, `clone_`) or that a trait of the
//! prelude would win (`into_`, `try_into_`). Two RPCs or types that become one name are an error that shows both.

mod builder;
mod check;
mod comments;
mod error;
mod generator;
mod names;
mod oneofs;
mod rpc;
mod template;

pub use builder::{Builder, compile, configure};
pub use error::Error;
