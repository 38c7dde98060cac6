"""What the rows should cost here.

Where the file was measured it is what the file says. Elsewhere it is what the commit costs that last changed the file,
built and counted here; and if nothing has changed since that commit, the one before it, with the differences that the
file has between the two.
"""

import os
import shutil
import subprocess
from pathlib import Path

from . import costs, measure
from .verdict import SLACK, Expected

# What the programs are made of.
_SOURCES = ["crates", "gate", "Cargo.lock", "Cargo.toml"]

# Of what the file says a change costs, elsewhere it may cost so much more or less.
_SHARE = 0.1


class Unknown(Exception):
    """It cannot be known what the rows should cost here."""


def expected(root, file, here, words):
    """The expectations by row, a word for where they come from, and a sentence."""
    if not file.rows:
        return {}, "file", f"there is no {costs.PATH} yet"
    if file.measured == here:
        told = f"{costs.PATH} was measured in the same surroundings: {', '.join(f'{name} {here[name]}' for name in here)}"
        return {name: Expected(row) for name, row in file.rows.items()}, "file", told
    differs = [f"{name} {here[name]}, not {file.measured.get(name)}" for name in here if here[name] != file.measured.get(name)]
    commit, before = _base(root, file)
    built = _built(root, commit, words)
    told = f"{costs.PATH} was measured elsewhere ({'; '.join(differs)}): commit {commit[:12]} is counted here too"
    return _moved(built, before, file), commit[:8], told


def change(root, file):
    """The file before its last change, if there is one in reach, and after it."""
    try:
        before = _text(root, _before(root))
    except Unknown as error:
        print(f"whether raised rows say why is not checked: {error}")
        before = None
    return (costs.parse(before) if before else None), file


def _base(root, file):
    """The commit to build, and its file."""
    commit = _last(root)
    if _git(root, "diff", "--name-only", "HEAD", "--", str(costs.PATH)) or _same(root, commit):
        commit = _before(root)
    text = _text(root, commit)
    if not text:
        raise Unknown(f"{costs.PATH} is new in {_last(root)[:12]} and was measured elsewhere: nothing to compare with here")
    return commit, costs.parse(text)


def _before(root):
    """The commit before the file's last change; the last commit, if that is not committed yet."""
    last = _last(root)
    if _git(root, "diff", "--name-only", "HEAD", "--", str(costs.PATH)):
        return _git(root, "rev-parse", "HEAD")
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", f"{last}^")
    except Unknown:
        raise Unknown(f"{costs.PATH} is as old as the repository") from None


def _last(root):
    """The commit that last changed the file."""
    if _git(root, "rev-parse", "--is-shallow-repository") == "true":
        raise Unknown("this clone is shallow, so the commit that last changed the file is not known: git fetch --unshallow")
    commit = _git(root, "log", "-1", "--format=%H", "--", str(costs.PATH))
    if not commit:
        raise Unknown(f"{costs.PATH} is in no commit")
    return commit


def _same(root, commit):
    return not _git(root, "diff", "--name-only", commit, "--", *_SOURCES)


def _text(root, commit):
    try:
        return _git(root, "show", f"{commit}:{costs.PATH}")
    except Unknown:
        return ""


def _built(root, commit, words):
    target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target")).absolute() / "gate-base"
    tree = target / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    _git(root, "worktree", "prune")
    _git(root, "worktree", "add", "--force", "--detach", str(tree), commit)
    try:
        return measure.rows(tree, words, target)
    finally:
        _git(root, "worktree", "remove", "--force", str(tree))


def _moved(built, before, file):
    """What was counted, moved by what the file has moved since. Figures of two environments are not compared."""
    comparable = before.measured == file.measured
    moved = {}
    for name, row in built.items():
        if name not in file.rows:
            continue
        old, new = before.rows.get(name), file.rows[name]
        by = new.instructions - old.instructions if comparable and old else 0
        allocations = new.allocations - old.allocations if comparable and old else 0
        size = new.bytes - old.bytes if comparable and old else 0
        here = costs.Costs(row.instructions + by, round(row.allocations + allocations, 2), row.bytes + size)
        moved[name] = Expected(here, max(SLACK, round(abs(by) * _SHARE)))
    return moved


def _git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, text=True, capture_output=True)
    if done.returncode:
        raise Unknown(done.stderr.strip() or f"git {' '.join(arguments)} failed")
    return done.stdout.strip()
