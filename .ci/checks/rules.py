"""The checks: each takes the tree and yields what it found, one line each."""

import re

from . import modules

LONGEST_FILE = 400  # lines of code
LONGEST_FUNCTION = 60  # lines of code
CFG_PER_THOUSAND = 5
DOCS_PER_LINE = 0.45
DRAWERS = {
    "util", "utils", "common", "helpers", "misc", "manager", "handler", "types", "inner",
}  # fmt: skip

_CFG = re.compile(r"#!?\[cfg(?:_attr)?\(|\bcfg!\(")
_CFG_TEST = re.compile(r"#!?\[cfg(?:_attr)?\(\s*(?:all\(\s*)?test\b")
_IGNORED = re.compile(r"#\[ignore\b|#\[cfg_attr\([^\]]*\bignore\b")
_UNWRAP = re.compile(r"\.\s*unwrap\s*\(\s*\)|::\s*unwrap\b")


def long_files(tree):
    for file in tree.files():
        if file.lines_of_code > LONGEST_FILE:
            yield f"{file.path}: {file.lines_of_code} lines of code (at most {LONGEST_FILE})"


def long_functions(tree):
    for file in tree.files():
        for function in file.functions:
            if function.lines_of_code > LONGEST_FUNCTION:
                yield (
                    f"{file.path}:{function.line}: fn {function.name}: "
                    f"{function.lines_of_code} lines of code (at most {LONGEST_FUNCTION})"
                )


def module_cycles(tree):
    for crate in tree.crates:
        for cycle in modules.cycles(crate):
            yield f"{crate.source}: modules need each other in {cycle}"


def much_cfg(tree):
    files = [file for crate in tree.crates for file in crate.files.values()]
    count, lines = sum(map(cfg_count, files)), sum(file.lines_of_code for file in files)
    if count * 1000 > CFG_PER_THOUSAND * lines:
        yield f"crates: {count} `cfg` in {lines} lines of code (at most {CFG_PER_THOUSAND} per 1000)"


def cfg_count(file):
    """`cfg` outside tests; `cfg(test)` itself does not count."""
    return len(_CFG.findall(file.shipped)) - len(_CFG_TEST.findall(file.shipped))


def few_docs(tree):
    docs, lines = docs_and_lines(tree.crates)
    if docs < DOCS_PER_LINE * lines:
        yield f"crates: {docs} doc lines for {lines} lines of code (at least {DOCS_PER_LINE} per line)"


def docs_and_lines(crates):
    files = [file for crate in crates for file in crate.files.values()]
    return sum(file.doc_lines for file in files), sum(file.lines_of_code for file in files)


def ignored_tests(tree):
    for file in tree.files():
        for match in _IGNORED.finditer(file.code):
            yield f"{file.path}:{file.line(match.start())}: an ignored test"


def ignored_examples(tree):
    for file in tree.files():
        for match in re.finditer(r"^\s*//[/!]\s*```[^\n]*\bignore\b", file.text, re.MULTILINE):
            yield f"{file.path}:{file.line(match.end())}: a doc example that is not compiled"


def unwraps(tree):
    for file in tree.files():
        for match in _UNWRAP.finditer(file.shipped):
            yield f"{file.path}:{file.line(match.start())}: unwrap outside tests"


def drawers(tree):
    for crate in tree.crates:
        for file in crate.files.values():
            for module in file.modules:
                if module.name in DRAWERS:
                    yield f"{file.path}:{file.line(module.start)}: a module named `{module.name}`"


ALL = [
    long_files, long_functions, module_cycles, much_cfg, few_docs,
    ignored_tests, ignored_examples, unwraps, drawers,
]  # fmt: skip


def check(tree):
    """All findings, and a table of sizes."""
    findings = [finding for rule in ALL for finding in rule(tree)]
    lines = [f"{'crate':<12}{'files':>6}{'code':>7}{'docs':>6}{'docs/code':>11}{'cfg':>5}"]
    for crate in tree.crates:
        docs, code = docs_and_lines([crate])
        cfg = sum(map(cfg_count, crate.files.values()))
        ratio = f"{docs / code:.2f}" if code else "-"
        lines.append(f"{crate.name:<12}{len(crate.files):>6}{code:>7}{docs:>6}{ratio:>11}{cfg:>5}")
    return findings, "\n".join(lines)
