"""Which tests name which rules.

A comment names the rules of the test it stands in, or directly above. In a function that tests share
it counts for the tests that call that function; in the head of a file, for all tests of the file.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from checks.source import File, Tree, comments, item_end

# Its tests are about the scripted peer, not about the client.
NOT_THE_CLIENT = Path("crates/testing")

_RANGE = re.compile(r"\b([A-Z]-\d+)(?:\s*(?:…|\.\.\.)\s*([A-Z]-\d+))?")
_TEST = re.compile(r"#\[(?:\w+::)*test\b")
_FN = re.compile(r"\bfn\s+(\w+)")
_USE = re.compile(r"\buse\s[^;]*;")


@dataclass(frozen=True, order=True)
class Test:
    """A test function; without a name, all tests of its file."""

    path: Path
    name: str = ""


@dataclass
class Function:
    name: str
    start: int
    end: int
    is_test: bool


@dataclass
class Source:
    """A file with its functions, and the functions of others that it imports by name."""

    file: File
    functions: list = field(init=False)
    imported: set = field(init=False)

    def __post_init__(self):
        self.functions = [_function(self.file.code, match) for match in _FN.finditer(self.file.code)]
        self.imported = set(re.findall(r"\w+", " ".join(_USE.findall(self.file.code))))

    def around(self, offset):
        """The test around a place, else the innermost function."""
        holding = [function for function in self.functions if function.start <= offset < function.end]
        tests = [function for function in holding if function.is_test]
        return next(iter(tests or reversed(holding)), None)

    def callers(self, name, is_own):
        """The functions that call one of this name: an own one, or an imported one."""
        before = r"(?<!\w)" if is_own else r"(?<![\w.])"
        call = re.compile(rf"{before}(?<!fn ){name}\s*(?:::<[^()]*>)?\(")
        for match in call.finditer(self.file.code):
            caller = self.around(match.start())
            if caller and caller.name != name:
                yield caller

    def is_test_code(self, offset):
        return self.file.is_test or any(start <= offset < end for start, end in self.file.test_spans)


@dataclass
class Citations:
    """Rule → its tests; and what names a rule that does not exist."""

    tests: dict
    unknown: list

    @classmethod
    def read(cls, root, book):
        files = [file for file in Tree.read(root).files() if file.path.parts[0] in ("crates", "tests")]
        return cls.of([Source(file) for file in files], book)

    @classmethod
    def of(cls, sources, book):
        found = cls(defaultdict(set), [])
        for source in sources:
            group = [other for other in sources if _group(other) == _group(source)]
            for offset, text in comments(source.file.text):
                found._add(book, source, group, offset, text)
        return found

    def _add(self, book, source, group, offset, text):
        named = set()
        for first, last in _RANGE.findall(text):
            for id in filter(None, (first, last)):
                if not book.knows(id):
                    place = f"{source.file.path}:{source.file.line(offset)}"
                    self.unknown.append(f"{place}: there is no rule {id}")
            named |= book.between(first, last or first)
        if named and _counts(source, offset):
            for test in _tests(source, group, offset, text):
                for id in named:
                    self.tests[id].add(test)

    def of_rule(self, id):
        """In the order of their files; all tests of a file stand for each of them."""
        tests = self.tests.get(id, set())
        return sorted(test for test in tests if not test.name or Test(test.path) not in tests)


def _counts(source, offset):
    return source.is_test_code(offset) and NOT_THE_CLIENT not in source.file.path.parents


def _tests(source, group, offset, text):
    path = source.file.path
    if text.startswith("//!"):
        return {Test(path)} if any(function.is_test for function in source.functions) else set()
    function = source.around(offset)
    return _reached(source, group, function) if function else set()


def _reached(source, group, function):
    """The test itself, or the tests that lead to the function."""
    tests, seen, open_ = set(), set(), [(source, function)]
    while open_:
        home, function = open_.pop()
        if function.is_test:
            tests.add(Test(home.file.path, function.name))
            continue
        if (home.file.path, function.name) in seen:
            continue
        seen.add((home.file.path, function.name))
        for other in group:
            if other is home or function.name in other.imported:
                callers = other.callers(function.name, is_own=other is home)
                open_.extend((other, caller) for caller in callers)
    return tests


def _group(source):
    """What is compiled together: a crate, or one of its test programs."""
    parts = source.file.path.parts
    depth = parts.index("tests") + 2 if "tests" in parts[:3] else 2
    return parts[:depth]


def _function(code, match):
    """From the end of what stands before it, so that attributes and comments above are inside."""
    start = max(code.rfind(mark, 0, match.start()) for mark in ";{}") + 1
    is_test = bool(_TEST.search(code, start, match.start()))
    return Function(match.group(1), start, item_end(code, match.end()), is_test)
