"""Builds and runs the programs of the comparison."""

import json
import os
import re
import resource
import select
import shutil
import subprocess
from pathlib import Path

from .scenarios import CLIENTS

PACKAGE = Path(__file__).resolve().parent.parent
WORKSPACE = PACKAGE.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target"))
# Longer than any round takes, under valgrind too.
PATIENCE = 300

CORES = sorted(os.sched_getaffinity(0))
# The server has a core of its own; so has a client of one thread, while one of two threads has both.
SERVER, CLIENT, BOTH = {CORES[-1]}, {CORES[0]}, {CORES[0], CORES[min(1, len(CORES) - 1)]}


def build():
    """Twice: what is timed, and what counts."""
    for name, features in (("plain", []), ("count", ["--features=count"])):
        command = ["cargo", "build", "--profile=peers", "--package=peers", *features]
        subprocess.run(command, cwd=WORKSPACE, check=True, env=os.environ | {"CARGO_INCREMENTAL": "0"})
        folder = TARGET / "peers-built" / name
        folder.mkdir(parents=True, exist_ok=True)
        for program in {"server", *(program for program, _ in CLIENTS.values())}:
            shutil.copy2(TARGET / "peers" / program, folder / program)


def program(name, variant="plain"):
    return TARGET / "peers-built" / variant / name


def on(cores):
    """What a child does first: many connections are many files."""
    def begin():
        os.sched_setaffinity(0, cores)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return begin


# Nothing goes through a proxy.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class Program:
    """One that answers lines with lines."""

    def __init__(self, command, cores):
        self.name = Path(command[0]).name
        self.child = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=on(cores), env=ENVIRONMENT,
        )

    def line(self):
        if not select.select([self.child.stdout], [], [], PATIENCE)[0]:
            raise RuntimeError(f"{self.name} is silent")
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended: {self.child.wait()}")
        return line.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


class Server(Program):
    def __init__(self):
        self.ca = TARGET / f"peers-built/ca-{os.getpid()}.pem"
        super().__init__([program("server"), self.ca], SERVER)
        self.plain, self.secure = self.line().split()

    def words(self, scenario, client):
        """What a client's program is told."""
        words = {"server": self.plain} | scenario.told() | CLIENTS[client][1]
        if scenario.secure:
            words |= {"server": self.secure, "ca": self.ca}
        return [f"{name}={value}" for name, value in words.items()]

    def __exit__(self, *error):
        super().__exit__(*error)
        self.ca.unlink(missing_ok=True)


def cores(scenario):
    if scenario.with_server:
        return SERVER
    return BOTH if scenario.words.get("runtime") == "mt2" else CLIENT


class Client(Program):
    """Has connected; makes rounds."""

    def __init__(self, client, scenario, server):
        name, _ = CLIENTS[client]
        super().__init__([program(name), *server.words(scenario, client)], cores(scenario))

    def wait(self):
        if self.line() != "ready":
            raise RuntimeError(f"{self.name} is not ready")

    def round(self, messages):
        print(messages, file=self.child.stdin, flush=True)
        return json.loads(self.line())


def once(client, scenario, server, messages, variant):
    """One round of a fresh process."""
    name, _ = CLIENTS[client]
    command = [program(name, variant), *server.words(scenario, client), f"once={messages}"]
    with Program(command, cores(scenario)) as running:
        return json.loads(running.line())


def instructions(client, scenario, server, messages):
    """All that a process executes which makes so many messages, after a quarter of them."""
    name, _ = CLIENTS[client]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program(name)]
    command += [*server.words(scenario, client), f"once={messages}"]
    ran = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=ENVIRONMENT, timeout=PATIENCE,
    )
    if ran.returncode:
        raise RuntimeError(f"{name} under valgrind: {ran.stderr[-2000:]}")
    return int(re.search(r"Collected : (\d+)", ran.stderr)[1])
