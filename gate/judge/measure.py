"""Builds what is counted, and counts it."""

import os
import platform
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .costs import Costs

# Its figures are exact where all of these are the same. What glibc would choose by the CPU is no part of it: below.
PROFILE = "gate"

# The functions of every x86-64: how many instructions memcpy takes would be a matter of the CPU, and what memcmp takes a
# matter of where the linker put a string.
_TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS"

# What would change the program that is built.
_FLAGS = re.compile("RUSTFLAGS|CARGO_(ENCODED_RUSTFLAGS|PROFILE_|BUILD_|TARGET_(?!DIR))|RUSTC")


class Missing(Exception):
    """A tool is not there."""


def environment(root):
    """What figures depend on besides the source."""
    rustc = _output(["rustc", "-vV"], cwd=root)
    flags = re.search("^flags.*", Path("/proc/cpuinfo").read_text(), re.M) if platform.system() == "Linux" else None
    wide = ", avx2" if flags and "avx2" in flags[0].split() else ""
    return {
        "rustc": f"{rustc.splitlines()[0].removeprefix('rustc ')}, {re.search('host: (.*)', rustc)[1]}",
        "glibc": " ".join(platform.libc_ver()).removeprefix("glibc "),
        "valgrind": _output([_valgrind(), "--version"]).strip().removeprefix("valgrind-"),
        "cpu": platform.machine() + wide,
        "profile": PROFILE,
    }


def rows(root, words, target=None):
    """What the rows with one of these words cost, with the source of this folder."""
    folder = _build(root, target)
    listed = [line.split("\t") for line in _run(folder, ["./instructions"]).splitlines()]
    chosen = [(name, int(operations)) for operations, name in listed if has(name, words)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        allocated = pool.submit(_allocations, folder)
        counted = list(pool.map(lambda row: _instructions(folder, *row), chosen))
    return {
        name: Costs(round(total / operations), *_shares(allocated.result()[name], operations))
        for (name, operations), total in zip(chosen, counted, strict=True)
    }


def has(name, words):
    return not words or any(word in name for word in words)


def _build(root, target):
    target = target or Path(os.environ.get("CARGO_TARGET_DIR", root / "target")).absolute()
    command = ["cargo", "build", "--quiet", "--locked", f"--profile={PROFILE}", "--package=ziggurat-gate"]
    plain = {name: value for name, value in os.environ.items() if not _FLAGS.match(name)}
    plain |= {"CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(target)}
    subprocess.run(command, cwd=root, env=plain, check=True)
    folder = target / PROFILE
    seeds = Path(__file__).resolve().parent.parent / "seeds.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", folder / "seeds.so", seeds], check=True)
    return folder


def _instructions(folder, row, operations):
    """Of so many operations: what twice as many take more, so that the beginning drops out."""
    command = [_valgrind(), "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += ["--toggle-collect=*meter::uncounted*", "--collect-atstart=yes", "./instructions", row]
    once, twice = (_run(folder, [*command, str(times * operations)]) for times in (1, 2))
    return _collected(twice) - _collected(once)


def _collected(said):
    return int(re.search(r"Collected : (\d+)", said)[1])


def _allocations(folder):
    lines = (line.split("\t") for line in _run(folder, ["./allocations"]).splitlines())
    return {name: (int(count), int(size)) for count, size, name in lines}


def _shares(allocated, operations):
    count, size = allocated
    return round(count / operations, 2), round(size / operations)


def _run(folder, command):
    """In the same surroundings each time: even their length moves what is on the stack."""
    surroundings = {"LD_PRELOAD": "./seeds.so", "GLIBC_TUNABLES": _TUNABLES}
    done = subprocess.run(
        command, cwd=folder, env=surroundings, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def _valgrind():
    path = shutil.which("valgrind")
    if not path:
        raise Missing("there is no valgrind: `apt-get install valgrind`")
    return path


def _output(command, **options):
    return subprocess.run(command, text=True, capture_output=True, check=True, **options).stdout
