"""What is measured, and of whom."""

from dataclasses import dataclass, field

# The program of each client and what it is told, in the order of the tables.
CLIENTS = {
    "ziggurat": ("client-ziggurat", {}),
    "tonic": ("client-tonic", {}),
    "connectrpc": ("client-connectrpc", {}),
    "hyper+prost": ("client-hyper", {"typed": "true"}),
    "h2+prost": ("client-h2", {"typed": "true"}),
    "hyper": ("client-hyper", {}),
    "h2": ("client-h2", {}),
}
ALL = tuple(CLIENTS)
LIBRARIES = ("ziggurat", "tonic", "connectrpc")
TYPED = ("ziggurat", "tonic", "connectrpc", "hyper+prost", "h2+prost")
GROWN = ("ziggurat", "tonic", "h2+prost")

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Scenario:
    """One row: what the clients are told, and how much of it is done in a round."""

    name: str
    group: str
    words: dict = field(hash=False)
    # How many messages a round has; 0 if nothing is timed.
    messages: int
    # What a message is in the tables.
    unit: str = "call"
    clients: tuple = ALL
    # Over how many messages allocations and writes are counted; 0 for not at all.
    counted: int = 0
    # The same for instructions, and of whom.
    instructions: int = 0
    executed: tuple = TYPED
    # What grows, and how far it has.
    axis: str = ""
    step: int = 0

    @property
    def secure(self):
        return self.words.get("secure") == "true"

    @property
    def with_server(self):
        """Whether the client has the core of the server, and none of its own."""
        return self.words.get("core") == "server"

    def told(self):
        return {name: value for name, value in self.words.items() if name not in ("secure", "core")}


def size_name(size):
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def unary(
    size, at_once, messages, group="unary", prefix="", counted=0, instructions=0, clients=ALL, executed=TYPED, **words
):
    """`size` is a number of bytes, or "rich"."""
    shape = {"shape": "place"} if size == "rich" else {"shape": "echo", "size": size}
    name = "rich" if size == "rich" else size_name(size)
    return Scenario(
        f"{prefix}{name} x{at_once}", group, shape | {"at_once": at_once} | words, messages,
        clients=clients, counted=counted or min(messages, 2048), instructions=instructions, executed=executed,
    )


def stream(name, shape, messages, unit="message", group="streams", instructions=0, clients=ALL, **words):
    return Scenario(
        name, group, {"shape": shape} | words, messages, unit, clients,
        counted=min(messages, 20_000), instructions=instructions,
    )


def unaries():
    yield unary(16, 1, 1500, instructions=400, executed=ALL)
    yield unary(16, 8, 4000, instructions=960)
    yield unary(16, 64, 6400, instructions=960, executed=ALL)
    yield unary(16, 512, 8192)
    yield unary(KIB, 1, 1500, instructions=400)
    yield unary(KIB, 8, 3200)
    yield unary(KIB, 64, 5120, instructions=960)
    yield unary(KIB, 512, 5120)
    yield unary("rich", 1, 1000, instructions=400)
    yield unary("rich", 8, 2400)
    yield unary("rich", 64, 4096, instructions=960)
    yield unary("rich", 512, 4096)
    yield unary(MIB, 1, 64, instructions=12)
    yield unary(MIB, 8, 64)
    yield unary(MIB, 64, 128)
    # Takes its time.
    yield unary(MIB, 512, 512, clients=("ziggurat", "tonic", "connectrpc", "h2+prost"))


def set_up():
    for group, words in (("timeout", {"timeout": "true"}), ("layers", {"layers": "true"})):
        prefix = {"timeout": "5 s timeout, ", "layers": "3 layers, "}[group]
        more = {"group": group, "prefix": prefix, "clients": LIBRARIES} | words
        yield unary(16, 1, 1500, instructions=400, **more)
        yield unary(16, 64, 6400, instructions=960, **more)
        yield unary(KIB, 64, 5120, **more)


def streams():
    down = "server stream, "
    yield stream(down + "16 B, 100 in a DATA", "download", 400_000, instructions=8000, size=16, pack=100)
    # In streams that are shorter than what unread small frames h2 allows: it would end the connection.
    yield stream(down + "16 B, 1 in a DATA", "download", 150_000, instructions=2000, size=16, stream=5000)
    yield stream(down + "4 KiB", "download", 15_000, instructions=400, size=4 * KIB)
    yield stream(down + "1 MiB", "download", 150, size=MIB)
    yield stream("client stream, 16 B", "upload", 400_000, instructions=8000, size=16)
    yield stream("bidi ping-pong, 16 B", "talk", 3000, "round trip", instructions=400, size=16)


def secured():
    more = {"group": "TLS", "prefix": "TLS, ", "secure": "true"}
    yield unary(16, 1, 1200, **more)
    yield unary(16, 64, 5120, instructions=960, **more)
    yield unary(MIB, 1, 50, **more)


def multi_thread():
    more = {"group": "2 threads", "prefix": "2 threads, ", "runtime": "mt2"}
    yield unary(16, 1, 1200, **more)
    yield unary(16, 64, 6400, **more)
    yield unary(16, 512, 8192, **more)
    yield unary(KIB, 64, 5120, **more)
    yield unary("rich", 64, 4096, **more)
    yield stream(
        "2 threads, server stream, 16 B, 1 in a DATA", "download", 100_000, group="2 threads",
        size=16, stream=5000, runtime="mt2",
    )


def one_core():
    """Nobody sleeps and is woken by another core, which takes longer than the call."""
    more = {"group": "one core", "prefix": "one core, ", "core": "server"}
    yield unary(16, 1, 1500, **more)
    yield unary(16, 8, 4000, **more)
    yield unary(KIB, 1, 1500, **more)
    yield unary("rich", 1, 1000, **more)


def idle():
    yield Scenario("idle streams", "idle", {"shape": "hold", "at_once": 16}, 0, "stream", counted=2000)


def growth():
    def step(axis, value, words, messages, unit="call", counted=0):
        return Scenario(
            f"{axis} {value:,}", "growth", words, messages, unit, GROWN,
            counted=counted or messages, axis=axis, step=value,
        )

    for count, messages in ((1, 800), (10, 3000), (100, 6000), (1000, 8000), (10_000, 20_000)):
        yield step("in flight", count, {"shape": "echo", "at_once": count}, messages)
    for count in (1, 10, 100, 1000, 10_000):
        words = {"shape": "download", "size": 16, "pack": 20, "stream": 20, "at_once": count}
        yield step("streams", count, words, 20 * max(count, 1000), "message")
    sizes = ((16, 800), (256, 800), (4 * KIB, 600), (64 * KIB, 200), (MIB, 40), (16 * MIB, 3), (64 * MIB, 1))
    for size, messages in sizes:
        yield step("message size", size, {"shape": "echo", "size": size}, messages)
    for count in (1, 10, 100, 1000, 10_000):
        words = {"shape": "echo", "channels": count, "at_once": 64}
        # Each channel has had a call before it counts.
        yield step("channels", count, words, max(5000, count), counted=max(5000, 4 * count))
    for count in (1, 10, 100, 1000, 10_000):
        words = {"shape": "hold", "at_once": 16}
        yield Scenario(
            f"idle streams {count:,}", "growth", words, 0, "stream", GROWN,
            counted=count, axis="idle streams", step=count,
        )


def every():
    return [*unaries(), *set_up(), *streams(), *secured(), *multi_thread(), *one_core(), *idle(), *growth()]
