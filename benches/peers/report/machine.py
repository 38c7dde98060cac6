"""What it was measured on, and with what."""

import datetime
import platform
import re
import subprocess
import tomllib

from .programs import CORES, WORKSPACE

CRATES = ["tonic", "tonic-prost", "connectrpc", "buffa", "hyper", "h2", "prost", "tokio", "http", "tower", "rustls"]


def said(*command):
    return subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True).stdout.strip()


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            found = re.search(r"^model name\s*: (.*)$", lines.read(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def versions():
    with open(WORKSPACE / "Cargo.lock", "rb") as file:
        locked = tomllib.load(file)["package"]
    found = {}
    for name in CRATES:
        of = [package["version"] for package in locked if package["name"] == name]
        found[name] = max(of, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
    return found


def describe():
    changed = said("git", "status", "--porcelain", "--untracked-files=no", "--", "..", ":!../docs/performance*")
    return {
        "date": datetime.date.today().isoformat(),
        "commit": said("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        "processor": processor(),
        "cores": len(CORES),
        "system": f"{platform.system()} {platform.release()}",
        "libc": " ".join(platform.libc_ver()),
        "rustc": said("rustc", "--version").removeprefix("rustc "),
        "valgrind": said("valgrind", "--version").removeprefix("valgrind-"),
        "crates": versions(),
    }
