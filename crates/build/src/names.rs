//! How the names of a `.proto` file become Rust's.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// What the stub has besides its RPCs.
const RESERVED: [&str; 6] = ["new", "with", "with_codec", "open", "service", "clone"];

const KEYWORDS: [&str; 53] = [
    "as", "break", "const", "continue", "else", "enum", "false", "fn", "for", "if", "impl", "in",
    "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct",
    "trait", "true", "type", "unsafe", "use", "where", "while", "dyn", "abstract", "become", "box",
    "do", "final", "macro", "override", "priv", "typeof", "unsized", "virtual", "yield", "async",
    "await", "try", "gen", "super", "self", "extern", "crate", "union", "_",
];

/// Names an RPC's function: snake case, with `_` after keywords and the stub's own names.
pub(crate) fn function(rpc: &str) -> String {
    let name = rpc.to_snake_case();
    if RESERVED.contains(&name.as_str()) || KEYWORDS.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// Names an RPC's constant.
pub(crate) fn constant(rpc: &str) -> String {
    rpc.to_snake_case().to_uppercase()
}

/// Names the three types of a service: stub, opened calls, methods.
pub(crate) fn service_types(service: &str) -> [String; 3] {
    let name = service.to_upper_camel_case();
    ["Stub", "Open", "Methods"].map(|suffix| format!("{name}{suffix}"))
}

/// Names a message or an enum as prost does.
pub(crate) fn message(name: &str) -> String {
    name.to_upper_camel_case()
}

/// Says whether clippy expects something else of a function named so.
pub(crate) fn is_conventional(function: &str) -> bool {
    const PREFIXES: [&str; 5] = ["as_", "from_", "into_", "is_", "to_"];
    const TRAITS: [&str; 26] = [
        "add",
        "as_mut",
        "as_ref",
        "bitand",
        "bitor",
        "bitxor",
        "borrow",
        "borrow_mut",
        "cmp",
        "deref",
        "deref_mut",
        "div",
        "drop",
        "eq",
        "hash",
        "index",
        "index_mut",
        "into_iter",
        "mul",
        "neg",
        "next",
        "not",
        "rem",
        "shl",
        "shr",
        "sub",
    ];
    TRAITS.contains(&function) || PREFIXES.iter().any(|prefix| function.starts_with(prefix))
}
