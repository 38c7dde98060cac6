"""Reads Rust files: comments and strings blanked, tests told apart, functions found."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

# What the blanker must recognise: everything in which a brace or a keyword is not code.
_OPAQUE = re.compile(
    r"""(?P<line>//[^\n]*)
      | (?P<block>/\*)
      | (?P<raw>\b(?:br|cr|r)(?P<hashes>\#*)"(?:.|\n)*?"(?P=hashes))
      | (?P<string>\b[bc]?"(?:[^"\\]|\\(?:.|\n))*" | "(?:[^"\\]|\\(?:.|\n))*")
      | (?P<char>b?'(?:[^'\\\n]|\\(?:[^u]|u\{[0-9a-fA-F_]*\})[^'\n]*)')
    """,
    re.VERBOSE,
)
_CFG_TEST = re.compile(r"#\[cfg\((?:test|all\(test\b[^\]]*)\)\]")
_FN = re.compile(r"\bfn\s+(\w+)")
_MOD = re.compile(r"\bmod\s+(\w+)\s*([;{])")


def blank(text):
    """Replaces comments and literals by spaces; every line keeps its number and length."""
    out, position = [], 0
    for start, end, _ in _opaque(text):
        out.append(text[position:start])
        out.append(re.sub(r"[^\n]", " ", text[start:end]))
        position = end
    out.append(text[position:])
    return "".join(out)


def comments(text):
    """Where each comment begins, and what it says."""
    return [(start, text[start:end]) for start, end, is_comment in _opaque(text) if is_comment]


def _opaque(text):
    """Start and end of each comment and literal, and whether it is a comment."""
    position = 0
    while match := _OPAQUE.search(text, position):
        start, position = match.span()
        if match.group("block"):
            position = _block_comment_end(text, start)
        yield start, position, bool(match.group("line") or match.group("block"))


def _block_comment_end(text, start):
    depth, position = 0, start
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        position = match.end()
        if depth == 0:
            return position
    return len(text)


def item_end(code, start):
    """The end of the item that begins at `start`: behind its `;` or its closing brace."""
    depth = 0
    for position in range(start, len(code)):
        character = code[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0 and character == "}":
                return position + 1
        elif character == ";" and depth == 0:
            return position + 1
    return len(code)


@dataclass
class Function:
    name: str
    line: int
    lines_of_code: int


@dataclass
class Module:
    """A `mod` item: declared (`mod x;`) or written inline (`mod x { … }`)."""

    name: str
    start: int
    end: int
    inline: bool
    test: bool


@dataclass
class File:
    path: Path
    text: str
    is_test: bool = False
    code: str = field(init=False)

    def __post_init__(self):
        self.code = blank(self.text)

    @cached_property
    def test_spans(self):
        """Where `#[cfg(test)]` items stand."""
        spans = []
        for match in _CFG_TEST.finditer(self.code):
            if not spans or match.start() >= spans[-1][1]:
                spans.append((match.start(), item_end(self.code, match.end())))
        return spans

    @cached_property
    def shipped(self):
        """The code without its tests, blanked like a comment; empty for a test file."""
        if self.is_test:
            return re.sub(r"[^\n]", " ", self.code)
        code = self.code
        for start, end in self.test_spans:
            code = code[:start] + re.sub(r"[^\n]", " ", code[start:end]) + code[end:]
        return code

    @cached_property
    def lines_of_code(self):
        return count_lines(self.shipped)

    @cached_property
    def doc_lines(self):
        """Doc comment lines outside tests."""
        lines, count, offset = self.text.splitlines(keepends=True), 0, 0
        for line in lines:
            if re.match(r"\s*(///(?!/)|//!)", line) and not self._in_test(offset):
                count += 1
            offset += len(line)
        return 0 if self.is_test else count

    def _in_test(self, offset):
        return any(start <= offset < end for start, end in self.test_spans)

    @cached_property
    def functions(self):
        """Functions with a body, outside tests."""
        found = []
        for match in _FN.finditer(self.shipped):
            end = item_end(self.shipped, match.end())
            if self.shipped[end - 1 : end] == "}":
                body = self.shipped[match.start() : end]
                found.append(Function(match.group(1), self.line(match.start()), count_lines(body)))
        return found

    @cached_property
    def modules(self):
        found = []
        for match in _MOD.finditer(self.code):
            inline = match.group(2) == "{"
            end = item_end(self.code, match.start())
            test = self._in_test(match.start())
            found.append(Module(match.group(1), match.start(), end, inline, test))
        return found

    def line(self, offset):
        return self.code.count("\n", 0, offset) + 1


def count_lines(code):
    return sum(1 for line in code.splitlines() if line.strip())


@dataclass
class Crate:
    """One crate's `src`, by path inside it."""

    name: str
    source: Path
    files: dict


@dataclass
class Tree:
    """All Rust files that the checks look at, with paths relative to the root."""

    crates: list
    others: list

    @classmethod
    def read(cls, root):
        crates = [_read_crate(root, source) for source in sorted(root.glob("crates/*/src"))]
        known = {root / file.path for crate in crates for file in crate.files.values()}
        others = []
        for folder in ("crates", "examples", "gate", "soak", "tests", "benches"):
            for path in sorted((root / folder).rglob("*.rs")):
                relative = path.relative_to(root)
                if path not in known and "target" not in relative.parts:
                    others.append(File(relative, path.read_text(), is_test=folder not in ("examples", "gate", "soak")))
        return cls(crates, others)

    def files(self):
        for crate in self.crates:
            yield from crate.files.values()
        yield from self.others


def _read_crate(root, source):
    files = {}
    for path in sorted(source.rglob("*.rs")):
        files[path.relative_to(source)] = File(path.relative_to(root), path.read_text())
    _mark_tests(files)
    return Crate(source.parent.name, source.relative_to(root), files)


def _mark_tests(files):
    """A file is a test if a `#[cfg(test)] mod` declares it, or its parent is a test."""
    for path, file in files.items():
        for module in file.modules:
            if module.test and not module.inline:
                _mark_subtree(files, folder_of(path) / module.name)


def _mark_subtree(files, stem):
    for path, file in files.items():
        if path == stem.with_suffix(".rs") or stem in path.parents:
            file.is_test = True


def folder_of(path):
    """The folder of a file's child modules."""
    if path.name in ("lib.rs", "main.rs", "mod.rs"):
        return path.parent
    return path.with_suffix("")
