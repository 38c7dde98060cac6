"""Shows that each check can fail, and what each lets pass."""

import tempfile
from pathlib import Path

from . import modules, rules
from .source import Tree, blank

_DOCUMENTED = "//! One.\n//! Two.\npub mod a;\n"

# Name of the check → files of a crate that breaks it.
_BAD = {
    "long_files": {"lib.rs": "const A: u8 = 1;\n" * 401},
    "long_functions": {"lib.rs": "fn long() {\n" + "    step();\n" * 60 + "}\n"},
    "module_cycles": {
        "lib.rs": "mod a;\nmod b;\n",
        "a.rs": "use crate::b::B;\npub struct A(B);\n",
        "b.rs": "pub struct B;\nfn f() -> super::a::A { g() }\n",
    },
    "much_cfg": {"lib.rs": '#[cfg(feature = "x")]\nfn f() {}\n'},
    "few_docs": {"lib.rs": "/// One.\nfn a() {}\nfn b() {}\nfn c() {}\n"},
    "ignored_tests": {"lib.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n    fn t() {}\n}\n"},
    "ignored_examples": {"lib.rs": "//! ```rust,ignore\n//! f();\n//! ```\n"},
    "unwraps": {"lib.rs": "fn f() { g().unwrap(); }\n"},
    "drawers": {"lib.rs": "mod helpers;\n", "helpers.rs": "\n"},
}

# What looks like a fault and is none.
_GOOD = {
    "lib.rs": _DOCUMENTED,
    "a/mod.rs": (
        "//! A facade: siblings name each other's items through it.\n"
        "mod layer;\nmod service;\n#[cfg(test)]\nmod tests;\npub use layer::Layer;\npub use service::Service;\n"
    ),
    "a/layer.rs": "//! Uses the service.\n//! More.\nuse super::Service;\npub struct Layer(Service);\n",
    "a/service.rs": (
        "//! `.unwrap()` and `#[ignore]` in words.\n//! More.\n"
        "pub struct Service;\nconst TEXT: &str = \"x.unwrap() { #[ignore]\";\nconst QUOTE: char = '\"';\n"
    ),
    "a/tests.rs": "use super::layer::Layer;\nfn f() { g().unwrap(); }\n" + "fn t() {}\n" * 500,
}

# Cycles of each kind, and a pair of folders that only share a facade.
_CYCLES = [
    ({"lib.rs": "mod a;\nuse a::A;\npub struct R(A);\n", "a.rs": "pub struct A(crate::R);\n"}, True),
    (
        {
            "lib.rs": "mod x;\nmod y;\n",
            "x/mod.rs": "mod p;\nmod q;\npub use p::P;\npub use q::Q;\n",
            "x/p.rs": "pub struct P(crate::y::Y);\n",
            "x/q.rs": "pub struct Q;\n",
            "y.rs": "use crate::x::Q;\npub struct Y(Q);\n",
        },
        True,
    ),
    ({"lib.rs": "mod a;\nmod b;\npub use a::A;\n", "a.rs": "pub struct A(super::b::B);\n", "b.rs": "pub struct B;\n"}, False),
    ({"lib.rs": "mod a;\n", "a.rs": "pub struct A;\nmod m {\n    use super::A;\n}\n"}, False),
]


def run():
    failures = [*_each_check_fails(), *_good_code_passes(), *_cycles_are_told(), *_lexing()]
    for failure in failures:
        print("self-test:", failure)
    print(f"structure self-test: {'failed' if failures else 'ok'}")
    return 1 if failures else 0


def _each_check_fails():
    for rule in rules.ALL:
        bad = _BAD.get(rule.__name__)
        if bad is None:
            yield f"{rule.__name__} has no example that breaks it"
        elif not list(rule(_tree(bad))):
            yield f"{rule.__name__} found nothing in its bad example"


def _good_code_passes():
    findings, _ = rules.check(_tree(_GOOD))
    yield from (f"good code: {finding}" for finding in findings)


def _cycles_are_told():
    for files, expected in _CYCLES:
        found = modules.cycles(_tree(files).crates[0])
        if bool(found) != expected:
            yield f"cycles in {files}: {found}"


def _lexing():
    for text, expected in [
        ("a /* x /* y */ { */ b", "a b"),
        ('r#"{"# }', "}"),
        ("&'a str = '{' '\\'' b'{' {", "&'a str = {"),
        ('"\\"{" {', "{"),
        ("x // {\n}", "x }"),
    ]:
        found = blank(text)
        if " ".join(found.split()) != expected or len(found) != len(text):
            yield f"blank({text!r}) is {found!r}"


def _tree(files):
    with tempfile.TemporaryDirectory() as root:
        source = Path(root, "crates", "sample", "src")
        for path, text in files.items():
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return Tree.read(Path(root))
