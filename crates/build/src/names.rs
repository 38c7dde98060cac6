//! Turns the names of a `.proto` file into Rust's.
//!
//! A name that Rust or the generated types need for themselves gets a `_`:
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; message M {}
//!     service S { rpc New(M) returns (M); rpc Match(M) returns (M); }";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("pub fn new_(&self") && code.contains("pub fn match_(&self"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use heck::{ToSnakeCase, ToUpperCamelCase};

/// What a stub has besides its RPCs, and what the prelude's traits would win: they take `self`, an
/// RPC `&self`.
const RESERVED: [&str; 8] = [
    "clone",
    "into",
    "new",
    "open",
    "service",
    "try_into",
    "with",
    "with_codec",
];

/// What cannot be a function in any edition.
const KEYWORDS: [&str; 52] = [
    "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names an RPC on a stub.
pub(crate) fn on_stub(rpc: &str) -> String {
    let name = snake(rpc);
    if RESERVED.contains(&name.as_str()) {
        name + "_"
    } else {
        not_keyword(name)
    }
}

/// Names an RPC among the opened calls, where only keywords are taken.
pub(crate) fn on_opener(rpc: &str) -> String {
    not_keyword(snake(rpc))
}

/// Names an RPC's constant.
pub(crate) fn constant(rpc: &str) -> String {
    match snake(rpc).as_str() {
        "_" => "__".to_owned(),
        name => name.to_uppercase(),
    }
}

/// Names the three types of a service: stub, opened calls, methods.
pub(crate) fn service_types(service: &str) -> [String; 3] {
    let name = letter_first(service.to_upper_camel_case());
    ["Stub", "Open", "Methods"].map(|suffix| format!("{name}{suffix}"))
}

/// Names a message, an enum or a variant as prost does.
pub(crate) fn message(name: &str) -> String {
    as_prost(name.to_upper_camel_case())
}

/// Names a field, or the module of a message or a part of a package, as prost does.
pub(crate) fn module(name: &str) -> String {
    as_prost(name.to_snake_case())
}

/// Names the module of a package.
pub(crate) fn module_of(package: &str) -> String {
    let parts = package.split('.').filter(|part| !part.is_empty());
    parts.map(module).collect::<Vec<_>>().join("::")
}

/// Joins a module and a name in it; the outermost module is empty.
pub(crate) fn within_module(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// Names a value of an enum without the enum's name, as prost does.
pub(crate) fn without_prefix(enumeration: &str, value: &str) -> String {
    let (prefix, value) = (message(enumeration), message(value));
    match value.strip_prefix(&prefix) {
        Some(rest) if rest.starts_with(char::is_uppercase) => as_prost(rest.to_owned()),
        _ => as_prost(value),
    }
}

/// What prost does to names that are no identifiers.
fn as_prost(name: String) -> String {
    match name.as_str() {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => name + "_",
        keyword if KEYWORDS.contains(&keyword) => format!("r#{name}"),
        _ if name.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name,
    }
}

fn snake(rpc: &str) -> String {
    letter_first(rpc.to_snake_case())
}

/// Keywords get a `_`; a raw identifier would not do for `self` and `crate`.
fn not_keyword(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// Changing the case drops a leading `_`, and with it what makes `_1` an identifier.
fn letter_first(name: String) -> String {
    if name.starts_with(|c: char| c.is_alphabetic()) {
        name
    } else {
        format!("_{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpcs() {
        for (rpc, stub, opener, constant_) in [
            ("MakeLatte", "make_latte", "make_latte", "MAKE_LATTE"),
            ("GetURLs2", "get_ur_ls2", "get_ur_ls2", "GET_UR_LS2"),
            ("New", "new_", "new", "NEW"),
            ("WithCodec", "with_codec_", "with_codec", "WITH_CODEC"),
            ("Self", "self_", "self_", "SELF"),
            ("_1", "_1", "_1", "_1"),
            ("_", "__", "__", "__"),
            ("Into", "into_", "into", "INTO"),
        ] {
            assert_eq!(on_stub(rpc), stub);
            assert_eq!(on_opener(rpc), opener);
            assert_eq!(constant(rpc), constant_);
        }
    }

    #[test]
    fn services() {
        assert_eq!(service_types("coffee_machine")[0], "CoffeeMachineStub");
        assert_eq!(service_types("_2")[1], "_2Open");
    }
}
