"""Shows that each check can fail, and which comments count for which tests."""

import tempfile
from pathlib import Path

from . import checks, page
from .book import Book
from .citations import Citations

_BOOK = """
[elsewhere]
C = [1, 9]

[[section]]
title = "A.1 Order"

[[section.rule]]
id = "A-1"
strength = "M"
words = "One latte."
state = "done"
where = ["sample::order", "sample::order::place", "h2"]

[[section.rule]]
id = "A-2"
strength = "O"
words = "Two lattes."
state = "later"
note = "thirst"
"""

_FILES = {
    "crates/sample/src/lib.rs": "mod order;\n",
    "crates/sample/src/order.rs": (
        "/// C-9\npub fn place() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {\n        // A-1\n    }\n}\n"
    ),
}

_TESTED = _FILES["crates/sample/src/order.rs"]

# Name of the check → what breaks it: words of the book or of a file, and their replacement.
_BAD = {
    "unknown_citations": (_TESTED, "C-9", "C-10"),
    "doubled_rules": (_BOOK, '"A-2"', '"A-1"'),
    "blanks": (_BOOK, 'note = "thirst"', ""),
    "lost_places": (_BOOK, "order::place", "order::cancel"),
    "untested_rules": (_TESTED, "// A-1", 'f("// A-1")'),
    "open_rules": (_BOOK, '"later"', '"open"'),
    "stale_page": (_BOOK, "Two", "Three"),
}

# Other blanks.
_BLANKS = [
    ('strength = "M"', 'strength = "X"'),
    ('state = "done"', ""),
    ('words = "One latte."', ""),
    ('where = ["sample::order", "sample::order::place", "h2"]', ""),
]

_TEST = "#[tokio::test(flavor = \"x\")]\nasync fn t() {\n    %s\n}\n"

# Text of a test file → the tests that name A-1 by it.
_COUNTING = [
    (_TEST % "// A-1", ["t"]),
    (_TEST % "f(); // as A-1, A-2", ["t"]),
    (_TEST % "fn inner() {} // A-1", ["t"]),
    ("/// A-1\n" + _TEST % "", ["t"]),
    ("//! A-1\n" + _TEST % "", [""]),
    ("//! A-1\n" + _TEST % "// A-1", [""]),
    ("// A-0 … A-1\n" + _TEST % "", ["t"]),
    ("/// A-1\nstruct S;\n" + _TEST % "", []),
    (_TEST % "" + "// A-1\nfn f() {}\n", []),
    (_TEST % "f()" + "fn f() {\n    g::<u8>(1);\n}\nfn g<T>(_: T) {\n    // A-1\n}\n", ["t"]),
    (_TEST % "s.f()" + "impl S {\n    fn f() {\n        // A-1\n    }\n}\n", ["t"]),
    (_TEST % 'f("// A-1 {")', []),
    ("// A-1\nfn t() {}\n", []),
]


def run():
    failures = [*_good_passes(), *_each_check_fails(), *_blanks_are_found(), *_what_counts(), *_imports()]
    for failure in failures:
        print("self-test:", failure)
    print(f"rules self-test: {'failed' if failures else 'ok'}")
    return 1 if failures else 0


def _good_passes():
    for finding in sum(_findings(_BOOK, _FILES).values(), []):
        yield f"good rules: {finding}"


def _each_check_fails():
    for check in checks.ALL:
        bad = _BAD.get(check.__name__)
        if bad is None:
            yield f"{check.__name__} has no example that breaks it"
            continue
        text, words, others = bad
        broken = text.replace(words, others)
        is_book = text is _BOOK
        files = _FILES if is_book else {**_FILES, "crates/sample/src/order.rs": broken}
        found = _findings(broken if is_book else _BOOK, files)[check.__name__]
        if not found:
            yield f"{check.__name__} found nothing in its bad example"


def _blanks_are_found():
    for words, others in _BLANKS:
        if not _findings(_BOOK.replace(words, others), _FILES)["blanks"]:
            yield f"no blank was found without {words}"


def _what_counts():
    for text, expected in _COUNTING:
        names = [test.name for test in _citations({"tests/cafe/main.rs": text}).of_rule("A-1")]
        if names != expected:
            yield f"A-1 is tested by {names}, not by {expected} in {text!r}"
    peer = _citations({"crates/testing/tests/peer.rs": _TEST % "// A-1"})
    if peer.of_rule("A-1"):
        yield "a test of the scripted peer counts for the client"


def _imports():
    """A function that another file imports counts there, in the same program alone."""
    shared = "/// A-1\npub(crate) fn f() {}\n"
    for program, expected in [("cafe", 1), ("bar", 0)]:
        files = {
            "tests/cafe/shared.rs": shared,
            f"tests/{program}/order.rs": "use crate::shared::{e, f};\n" + _TEST % "f()",
        }
        found = _citations(files).of_rule("A-1")
        if len(found) != expected:
            yield f"an imported function counts for {found}"


def _findings(book, files):
    """By check, for a page that was written for the good book."""
    with tempfile.TemporaryDirectory() as folder:
        root = _write(folder, files)
        good, bad = Book.parse(_BOOK), Book.parse(book)
        (root / page.PATH).write_text(page.render(good, Citations.read(root, good), root))
        citations = Citations.read(root, bad)
        return {check.__name__: list(check(bad, citations, root)) for check in checks.ALL}


def _citations(files):
    with tempfile.TemporaryDirectory() as folder:
        book = Book.parse(_BOOK + '[[section.rule]]\nid = "A-0"\n')
        return Citations.read(_write(folder, files), book)


def _write(folder, files):
    root = Path(folder)
    (root / "docs").mkdir()
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
