//! Writes one RPC in its three places: on the stub, among the opened calls, as a constant.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .out_dir(out.path())
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
//! for place in ["pub fn chat<K>(", "pub fn chat(self)", "pub const CHAT"] {
//!     assert!(code.contains(place), "{place}");
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost_build::Method;
use prost_types::method_options::IdempotencyLevel;

use crate::{
    comments, names,
    template::{self, Gap, fill},
};

/// What an RPC takes from its service.
pub(crate) struct Surroundings<'a> {
    /// The path of the `ziggurat` crate.
    pub(crate) crate_path: &'a str,
    /// The service's full name.
    pub(crate) service: &'a str,
    /// The type that holds the constants.
    pub(crate) methods: &'a str,
    /// What stands between the stub and the messages' module: nothing, or `super::`.
    pub(crate) to_messages: &'static str,
}

/// One RPC, with the pieces of text its places share.
pub(crate) struct Rpc<'a> {
    /// As prost-build has it, with its comment and its options.
    method: &'a Method,
    /// The same for all RPCs of the service.
    surroundings: &'a Surroundings<'a>,
    /// What streams.
    shape: Shape,
    /// The name of its constant.
    constant: String,
    /// The Rust type of what it takes, as a stub sees it.
    request: String,
    /// The Rust type of what it gives, as a stub sees it.
    response: String,
}

impl<'a> Rpc<'a> {
    /// Prepares an RPC of a service with these surroundings.
    pub(crate) fn new(method: &'a Method, surroundings: &'a Surroundings<'a>) -> Self {
        Self {
            method,
            surroundings,
            shape: Shape::of(method),
            constant: names::constant(&method.proto_name),
            request: rust_type(&method.input_type, surroundings.to_messages),
            response: rust_type(&method.output_type, surroundings.to_messages),
        }
    }

    /// The stub's method: it takes a message, or what gives messages, and makes a call.
    pub(crate) fn call(&self) -> String {
        let Self {
            method, request, ..
        } = self;
        let z = self.surroundings.crate_path;
        let (generic, argument, messages) = if method.client_streaming {
            (
                "<K>",
                "messages",
                &format!("impl {z}::IntoMessages<{request}, K>"),
            )
        } else {
            ("", "request", request)
        };
        let call = if method.server_streaming {
            "StreamingCall"
        } else {
            "Call"
        };
        self.fill(
            template::CALL,
            &[
                ("DOCS", &self.docs("Calls")),
                ("NAME", &names::on_stub(&method.proto_name)),
                ("GENERIC", generic),
                ("ARGUMENT", argument),
                ("MESSAGES", messages),
                ("CALL", call),
            ],
        )
    }

    /// The method of the opened calls: it takes no message and gives a handle of the RPC's shape.
    pub(crate) fn open(&self) -> String {
        self.fill(
            template::OPEN,
            &[
                ("DOCS", &self.docs("Opens")),
                ("NAME", &names::on_opener(&self.method.proto_name)),
            ],
        )
    }

    /// The constant: path, types, shape and idempotency, and no codec.
    pub(crate) fn constant(&self) -> String {
        let path = format!("/{}/{}", self.surroundings.service, self.method.proto_name);
        self.fill(
            template::CONSTANT,
            &[("PATH", &path), ("IDEMPOTENCY", &self.idempotency())],
        )
    }

    /// Fills a template with the place's own pieces and those that all places share.
    fn fill(&self, text: &str, own: &[Gap<'_>]) -> String {
        let shared = [
            ("Z", self.surroundings.crate_path),
            ("METHODS", self.surroundings.methods),
            ("CONSTANT", &self.constant),
            ("REQUEST", &self.request),
            ("RESPONSE", &self.response),
            ("SHAPE", self.shape.function),
            ("HANDLE", self.shape.name),
            ("DEPRECATED", self.deprecated()),
        ];
        fill(text, &[own, &shared].concat())
    }

    /// The file's comment, or a sentence with this verb.
    fn docs(&self, verb: &str) -> String {
        let otherwise = format!("{verb} `{}`.", self.method.proto_name);
        comments::docs(&self.method.comments, &otherwise)
    }

    /// The attribute of an RPC that its file calls deprecated.
    fn deprecated(&self) -> &'static str {
        if self.method.options.deprecated() {
            "#[deprecated]"
        } else {
            ""
        }
    }

    /// What follows the constant's constructor; nothing is said where the file says nothing.
    fn idempotency(&self) -> String {
        let level = match self.method.options.idempotency_level() {
            IdempotencyLevel::IdempotencyUnknown => return String::new(),
            IdempotencyLevel::NoSideEffects => "NoSideEffects",
            IdempotencyLevel::Idempotent => "Idempotent",
        };
        let z = self.surroundings.crate_path;
        format!(".with_idempotency({z}::Idempotency::{level})")
    }
}

/// A call shape, as the client's function and as a type.
struct Shape {
    /// The method of the client, and of the opened calls, that the stub calls.
    function: &'static str,
    /// The type that marks the shape, and the handle that opening a call gives.
    name: &'static str,
}

impl Shape {
    /// By which sides of the method stream.
    fn of(method: &Method) -> Self {
        let (function, name) = match (method.client_streaming, method.server_streaming) {
            (false, false) => ("unary", "Unary"),
            (false, true) => ("server_streaming", "ServerStreaming"),
            (true, false) => ("client_streaming", "ClientStreaming"),
            (true, true) => ("bidi", "Bidi"),
        };
        Self { function, name }
    }
}

/// Gives prost's name of a type as it is seen from inside a stub.
fn rust_type(name: &str, to_messages: &str) -> String {
    let absolute = name.starts_with("::") || name.starts_with("crate::");
    // `()`, `bool`, `i64` …: what prost makes of some well-known types.
    let builtin = !name.contains("::") && !name.starts_with(|c: char| c.is_uppercase());
    // Messages that are named like a type parameter of the stub's methods.
    let shadowed = ["S", "C", "K"].contains(&name);
    if absolute || builtin {
        name.to_owned()
    } else if shadowed && to_messages.is_empty() {
        format!("self::{name}")
    } else {
        format!("{to_messages}{name}")
    }
}
