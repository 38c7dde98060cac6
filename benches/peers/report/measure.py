"""Runs scenarios; gives figures as they go into the file."""

import contextlib
import shutil
from concurrent.futures import ThreadPoolExecutor

from . import programs
from .programs import Client, Server

# Of each round, under the names of the file.
TIMED = {
    "cpu_us": lambda got: got["cpu_ns"] / got["messages"] / 1e3,
    "rate": lambda got: got["messages"] / got["wall_ns"] * 1e9,
    "p50_us": lambda got: got["p50_ns"] and got["p50_ns"] / 1e3,
    "p99_us": lambda got: got["p99_ns"] and got["p99_ns"] / 1e3,
    "p999_us": lambda got: got["p999_ns"] and got["p999_ns"] / 1e3,
}
# Of shapes in which every message is waited for.
WAITED = {"echo", "place", "talk"}


def short(number):
    """Five digits are more than are true."""
    return float(f"{number:.5g}")


def scenario(wanted, rounds, say):
    """The figures of each client."""
    figures = {client: {} for client in wanted.clients}
    timed(wanted, rounds, figures)
    say("timed")
    with Server() as server:
        if wanted.counted:
            for client in wanted.clients:
                figures[client] |= counted(client, wanted, server)
        if wanted.instructions and shutil.which("valgrind"):
            say("counted")
            clients = [client for client in wanted.clients if client in wanted.executed]
            with ThreadPoolExecutor(2) as pool:
                jobs = {client: pool.submit(executed, client, wanted, server) for client in clients}
            for client, job in jobs.items():
                figures[client]["instructions"] = job.result()
    return figures


def timed(wanted, rounds, figures):
    """Clients take turns within a round, and who begins changes."""
    if not wanted.messages:
        return
    with contextlib.ExitStack() as stack:
        # Ten thousand channels of each client are more files than one server may have.
        servers = {client: stack.enter_context(Server()) for client in wanted.clients} \
            if wanted.axis == "channels" else dict.fromkeys(wanted.clients, stack.enter_context(Server()))
        running = {}
        for client in wanted.clients:
            running[client] = stack.enter_context(Client(client, wanted, servers[client]))
            running[client].wait()
        names = [name for name in TIMED if name[0] != "p" or wanted.words["shape"] in WAITED]
        for client in wanted.clients:
            figures[client] |= {name: [] for name in names}
        for number in range(rounds):
            first = number % len(wanted.clients)
            for client in wanted.clients[first:] + wanted.clients[:first]:
                got = running[client].round(wanted.messages)
                for name in names:
                    figures[client][name].append(short(TIMED[name](got)))
                figures[client]["resident_peak"] = got["resident_peak"]


def counted(client, wanted, server):
    """Allocations, writes and bytes for each message; memory in all."""
    messages = wanted.counted
    if wanted.words["shape"] == "hold":
        return held(client, wanted, server)
    if wanted.words.get("runtime") == "mt2":
        return {}  # they are counted in one thread only
    less, got = (programs.once(client, wanted, server, n * messages, "count") for n in (1, 2))
    names = ["allocations", "allocated"] + (["writes", "written", "reads", "read"] if got["writes"] else [])
    if wanted.unit != "call":
        # Buffers of one long stream grow when they have to, which is not twice for twice as many messages.
        less, messages = dict.fromkeys(names, 0), 2 * messages
    # What tasks and channels cost once drops out.
    return {name: short((got[name] - less[name]) / messages) for name in names} | {"peak": got["peak"]}


def held(client, wanted, server):
    """What a stream keeps that is open and silent."""
    heap = programs.once(client, wanted, server, wanted.counted, "count")
    plain = programs.once(client, wanted, server, wanted.counted, "plain")
    return {
        "blocks": short(heap["kept_blocks"] / wanted.counted),
        "heap": short(heap["kept"] / wanted.counted),
        "resident": short(plain["resident"] / wanted.counted),
        "peak": heap["peak"],
        "cpu_once_us": short(plain["cpu_ns"] / wanted.counted / 1e3),
    }


def executed(client, wanted, server):
    """Instructions for each message: the start, the connection and the end drop out of the difference."""
    messages = wanted.instructions
    long, less = (programs.instructions(client, wanted, server, n * messages) for n in (2, 1))
    warm = -(-2 * messages // 4) - -(-messages // 4)
    return short((long - less) / (messages + warm))
