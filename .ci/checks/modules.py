"""Finds cycles between the modules of a crate.

An edge stands for code of one module that names an item of another one. A path is followed
through `use` and `pub use` to the module that defines the item, and a re-export by itself is no
edge: a facade such as `mod.rs` may show its children's items to siblings. Each edge is seen at the
level where the paths of its ends part, so two folders that need each other are a cycle even where
no two files are.
"""

import re
from collections import defaultdict

from .source import folder_of

_USE = re.compile(r"(?P<pub>\bpub(?:\([^)]*\))?\s+)?\buse\s+(?P<tree>[^;]+);")
_PATH = re.compile(r"(?<![\w:])(?:\$?crate|self|super|\w+)(?:\s*::\s*\w+)+")
_ITEM = re.compile(
    r"\b(?:struct|enum|union|trait|fn|type|const|static|mod|macro_rules!)\s+(?:mut\s+)?(\w+)"
)
OWN = "(its own code)"


def cycles(crate):
    """Every group of modules that need each other, as a line of text each."""
    graph = _Graph(crate)
    levels = defaultdict(lambda: defaultdict(dict))
    for source, target, place in graph.edges():
        level, one, other = _part(source, target)
        levels[level][one].setdefault(other, place)
    found = []
    for level, edges in sorted(levels.items()):
        for group in _strong_groups(edges):
            name = "::".join(("crate", *level))
            places = sorted({edges[a][b] for a in group for b in edges.get(a, {}) if b in group})
            found.append(f"{name}: {' <-> '.join(sorted(group))} ({'; '.join(places[:4])})")
    return found


def _part(source, target):
    """The deepest common ancestor of two modules and the child of it that each end is in."""
    depth = 0
    while depth < min(len(source), len(target)) and source[depth] == target[depth]:
        depth += 1

    def child(path):
        return path[depth] if len(path) > depth else OWN

    return source[:depth], child(source), child(target)


class _Graph:
    def __init__(self, crate):
        self.files = {_module_path(path): file for path, file in crate.files.items() if not file.is_test}
        self.names, self.globs, self.items = {}, {}, {}
        for module, file in self.files.items():
            self._read_names(module, file)

    def _read_names(self, module, file):
        names, globs = {}, []
        for match in _USE.finditer(file.shipped):
            for path, alias in parse_use(match.group("tree")):
                absolute = self._absolute(module, file, match.start(), path)
                if absolute is None:
                    continue
                if alias == "*":
                    globs.append(absolute)
                elif not _inside_inline(file, match.start()):
                    names[alias] = absolute
        self.names[module], self.globs[module] = names, globs
        self.items[module] = set(_ITEM.findall(file.shipped))

    def edges(self):
        for module, file in self.files.items():
            code = file.shipped
            for match in _USE.finditer(code):
                code = code[: match.start()] + re.sub(r"[^\n]", " ", match.group()) + code[match.end() :]
                if match.group("pub") is None:
                    for path, alias in parse_use(match.group("tree")):
                        name = path if alias != "*" else [*path, "*"]
                        yield from self._edge(module, file, match.start(), name)
            for match in _PATH.finditer(code):
                path = [part.strip().lstrip("$") for part in match.group().split("::")]
                yield from self._edge(module, file, match.start(), path)

    def _edge(self, module, file, offset, path):
        absolute = self._absolute(module, file, offset, path)
        target = self._defining(absolute) if absolute is not None else None
        if target is not None and target != module:
            yield module, target, f"{file.path}:{file.line(offset)}"

    def _absolute(self, module, file, offset, path):
        """A path from the crate's root; None if it does not lead into this crate."""
        if path[0] == "crate":
            return tuple(path[1:])
        inline, here, rest = _inside_inline(file, offset), module, list(path)
        relative = rest[0] in ("self", "super")
        while rest and rest[0] in ("self", "super"):
            if rest.pop(0) == "super":
                if inline:
                    inline -= 1
                else:
                    here = here[:-1]
        if relative:
            return (*here, *rest)
        return (*here, *rest) if (*here, rest[0]) in self.files else None

    def _defining(self, path, seen=frozenset()):
        """The module in which the item at `path` is defined."""
        here = ()
        for index, name in enumerate(path):
            if (*here, name) in self.files:
                here = (*here, name)
                continue
            if (here, name) in seen:
                return None
            seen = seen | {(here, name)}
            if name in self.names[here]:
                return self._defining((*self.names[here][name], *path[index + 1 :]), seen)
            if name not in self.items[here]:
                for glob in self.globs[here]:
                    if name in self.items.get(glob, ()):
                        return glob
            return here
        return here


def _module_path(path):
    folder = folder_of(path)
    return () if str(folder) == "." else folder.parts


def _inside_inline(file, offset):
    return sum(1 for module in file.modules if module.inline and module.start < offset < module.end)


def parse_use(tree):
    """`a::{b, c as d, e::*}` as pairs of path and name."""
    text = re.sub(r"\s+", " ", tree.strip()).removeprefix("::")
    head, brace, rest = text.partition("{")
    prefix = [part.strip() for part in head.split("::") if part.strip()]
    if not brace:
        path, _, alias = text.partition(" as ")
        parts = [part.strip() for part in path.split("::")]
        if parts[-1] == "*":
            return [(parts[:-1], "*")] if parts[:-1] else []
        return [(parts, alias.strip() or parts[-1])]
    found = []
    for branch in _split(rest[: rest.rindex("}")]):
        for path, alias in parse_use(branch):
            if path == ["self"]:
                found.append((prefix, prefix[-1] if alias == "self" else alias))
            elif prefix + path:
                found.append((prefix + path, alias))
    return found


def _split(text):
    """Splits at the commas outside braces."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in (*parts, current) if part.strip()]


def _strong_groups(edges):
    """Strongly connected groups of more than one node: nodes that reach each other."""
    nodes = set(edges) | {target for targets in edges.values() for target in targets}
    reach = {node: _reachable(edges, node) for node in nodes}
    groups = {frozenset(b for b in reach[a] if a in reach[b]) | {a} for a in nodes}
    return sorted((group for group in groups if len(group) > 1), key=sorted)


def _reachable(edges, start):
    seen, todo = set(), [start]
    while todo:
        for target in edges.get(todo.pop(), {}):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen
