"""The file: what it says, and how it is written."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

PATH = Path("gate", "costs.toml")

_HEAD = """\
# What one operation of each row costs. Written by `gate/run --update`; how to read it: CONTRIBUTING.md.
#
# Instructions are callgrind's, with glibc's functions for SSE2: they compare with each other, not with other counts.
"""


@dataclass(frozen=True)
class Costs:
    """Of one operation: whole instructions, allocations to the hundredth, whole bytes."""

    instructions: int
    allocations: float
    bytes: int
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class File:
    measured: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)


def read(path):
    return parse(path.read_text()) if path.exists() else File()


def parse(text):
    known = tomllib.loads(text)
    measured = known.pop("measured", {})
    return File(measured, {name: Costs(**row) for name, row in known.items()})


def write(path, measured, rows, reasons):
    lines = [_HEAD, "[measured]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in measured.items()]
    for name, row in rows.items():
        lines += ["", f"[{json.dumps(name)}]", f"instructions = {row.instructions}"]
        lines += [f"allocations = {row.allocations}", f"bytes = {row.bytes}"]
        if reasons.get(name):
            lines.append(f"why = {json.dumps(reasons[name])}")
    path.write_text("\n".join(lines) + "\n")
