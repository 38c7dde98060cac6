//! Writes the stubs of a service; prettyplease formats them afterwards.

use std::{collections::HashMap, fmt::Write as _};

use prost_build::{Comments, Method, Service, ServiceGenerator};
use prost_types::method_options::IdempotencyLevel;

use crate::names;

pub(crate) struct Generator {
    crate_path: String,
    stub_module: Option<String>,
    /// What waits for the end of its package, if stubs have a module of their own.
    waiting: HashMap<String, String>,
}

impl Generator {
    pub(crate) fn new(crate_path: String, stub_module: Option<String>) -> Self {
        Self {
            crate_path,
            stub_module,
            waiting: HashMap::new(),
        }
    }

    fn service(&self, service: &Service) -> String {
        let [stub, open, methods] = names::service_types(&service.proto_name);
        let path = match service.package.as_str() {
            "" => service.proto_name.clone(),
            package => format!("{package}.{}", service.proto_name),
        };
        let rpcs: Vec<Rpc> = (service.methods.iter())
            .map(|method| {
                Rpc::new(
                    method,
                    &path,
                    &methods,
                    &self.crate_path,
                    self.stub_module.is_some(),
                )
            })
            .collect();
        let (service_deprecated, any_deprecated) = deprecation(service);
        let text = TEMPLATE
            .replace(
                "$SERVICE_DOC",
                &docs(&service.comments, &format!("Calls the service `{path}`.")),
            )
            .replace("$DEPRECATED", service_deprecated)
            .replace("$CLIPPY", conventions(&rpcs))
            .replace("$ALLOW", any_deprecated)
            .replace("$CALLS", &rpcs.iter().map(Rpc::call).collect::<String>())
            .replace("$OPENS", &rpcs.iter().map(Rpc::open).collect::<String>())
            .replace(
                "$CONSTANTS",
                &rpcs.iter().map(Rpc::constant).collect::<String>(),
            )
            .replace("$STUB", &stub)
            .replace("$OPEN", &open)
            .replace("$METHODS", &methods)
            .replace("$PATH", &path);
        text.replace("$Z", &self.crate_path).replace(DOLLAR, "$")
    }
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let text = self.service(&service);
        if self.stub_module.is_some() {
            self.waiting
                .entry(service.package)
                .or_default()
                .push_str(&text);
        } else {
            buf.push_str(&text);
        }
    }

    fn finalize_package(&mut self, package: &str, buf: &mut String) {
        if let (Some(module), Some(text)) = (&self.stub_module, self.waiting.remove(package)) {
            let _ = write!(
                buf,
                "/// Stubs of the package's services.\npub mod {module} {{\n{text}}}\n"
            );
        }
    }
}

/// An RPC is named by its file, not by what clippy expects of a `to_x` or a `next`.
fn conventions(rpcs: &[Rpc]) -> &'static str {
    if rpcs.iter().any(|rpc| names::is_conventional(&rpc.function)) {
        "#[allow(clippy::wrong_self_convention, clippy::should_implement_trait)]\n"
    } else {
        ""
    }
}

/// The attributes of the stub and of the blocks that name something deprecated.
fn deprecation(service: &Service) -> (&'static str, &'static str) {
    let whole = service.options.deprecated();
    let any = whole
        || service
            .methods
            .iter()
            .any(|method| method.options.deprecated());
    (
        if whole { "#[deprecated]\n" } else { "" },
        if any { "#[allow(deprecated)]\n" } else { "" },
    )
}

/// The proto comment as rustdoc, or a sentence of ours.
fn docs(comments: &Comments, otherwise: &str) -> String {
    let mut comments = comments.clone();
    comments.leading_detached.clear();
    let mut text = String::new();
    comments.append_with_indent(0, &mut text);
    if text.trim().is_empty() {
        text = format!("/// {otherwise}\n");
    }
    text.replace('$', DOLLAR)
}

/// Stands for a `$` of a comment while the template is filled in.
const DOLLAR: &str = "\u{0}";

/// One RPC, as its three places need it.
struct Rpc {
    docs: String,
    deprecated: &'static str,
    function: String,
    constant: String,
    table: String,
    path: String,
    idempotency: String,
    types: String,
    request: String,
    response: String,
    streams: (bool, bool),
}

impl Rpc {
    fn new(method: &Method, service: &str, table: &str, z: &str, nested: bool) -> Self {
        let (request, response) = (
            rust_type(&method.input_type, nested),
            rust_type(&method.output_type, nested),
        );
        let level = match method.options.idempotency_level() {
            IdempotencyLevel::IdempotencyUnknown => None,
            IdempotencyLevel::NoSideEffects => Some("NoSideEffects"),
            IdempotencyLevel::Idempotent => Some("Idempotent"),
        };
        Self {
            docs: docs(&method.comments, &format!("Calls `{}`.", method.proto_name)),
            deprecated: if method.options.deprecated() {
                "#[deprecated]\n"
            } else {
                ""
            },
            function: names::function(&method.proto_name),
            constant: names::constant(&method.proto_name),
            table: table.to_owned(),
            path: format!("/{service}/{}", method.proto_name),
            idempotency: level.map_or_else(String::new, |level| {
                format!(".with_idempotency({z}::Idempotency::{level})")
            }),
            types: format!("{request}, {response}"),
            request,
            response,
            streams: (method.client_streaming, method.server_streaming),
        }
    }

    /// The shape as the client's function and as a type.
    fn shape(&self) -> (&'static str, &'static str) {
        match self.streams {
            (false, false) => ("unary", "Unary"),
            (false, true) => ("server_streaming", "ServerStreaming"),
            (true, false) => ("client_streaming", "ClientStreaming"),
            (true, true) => ("bidi", "Bidi"),
        }
    }

    fn call(&self) -> String {
        let Self {
            docs,
            deprecated,
            function,
            constant,
            table,
            types,
            request,
            response,
            ..
        } = self;
        let shape = self.shape().0;
        let (generic, argument, name) = if self.streams.0 {
            (
                "<K>",
                format!("messages: impl $Z::IntoMessages<{request}, K>"),
                "messages",
            )
        } else {
            ("", format!("request: {request}"), "request")
        };
        let call = if self.streams.1 {
            "StreamingCall"
        } else {
            "Call"
        };
        format!(
            "{docs}{deprecated}pub fn {function}{generic}(&self, {argument}) -> $Z::{call}<{response}, S>
            where C: $Z::Codec<{types}> {{ self.client.{shape}(&{table}::{constant}, {name}) }}\n"
        )
    }

    fn open(&self) -> String {
        let Self {
            docs,
            deprecated,
            function,
            constant,
            table,
            types,
            ..
        } = self;
        let (shape, handle) = self.shape();
        format!(
            "{docs}{deprecated}pub fn {function}(self) -> $Z::open::{handle}<{types}>
            where C: $Z::Codec<{types}> {{ self.opener.{shape}(&{table}::{constant}) }}\n"
        )
    }

    fn constant(&self) -> String {
        let Self {
            deprecated,
            constant,
            path,
            idempotency,
            types,
            ..
        } = self;
        let shape = self.shape().1;
        format!(
            "/// `{path}`\n{deprecated}pub const {constant}: $Z::Method<{types}, $Z::shape::{shape}> =
            $Z::Method::new(\"{path}\"){idempotency};\n"
        )
    }
}

/// The type as seen from where the stub stands.
fn rust_type(name: &str, nested: bool) -> String {
    let absolute = name.starts_with("::") || name.starts_with("crate::") || name.starts_with('(');
    if nested && !absolute {
        format!("super::{name}")
    } else {
        name.to_owned()
    }
}

const TEMPLATE: &str = include_str!("template.rs.txt");
