"""Writes docs/performance.md and its plots."""

import tomllib
from fnmatch import fnmatch

from . import plot
from .figures import METRICS, TIMED, number, quotient, ratio, spread, values
from .programs import PACKAGE
from .scenarios import ALL, GROWN, LIBRARIES, TYPED, every, size_name

US, REFERENCE = "ziggurat", "tonic"
# What a row is judged by, where we may not be ahead.
JUDGED = (
    "cpu_us", "rate", "p50_us", "p99_us", "p999_us", "instructions", "allocations", "allocated", "writes", "written",
    "heap", "resident",
)
# Counted figures that differ by less are called the same.
SAME = 0.005


def show(scenario, found):
    """For the terminal."""
    keys = [key for key in METRICS if any(values(found, client, key) for client in found)]
    for key in keys:
        print(f"  {METRICS[key].name}")
        for client in found:
            got, to = spread(found, client, key), ratio(found, client, REFERENCE, key)
            if got:
                of = f"{quotient(to.median)} of {REFERENCE}'s" if to else ""
                between = f"{number(got.low)} to {number(got.high)}" if got.high > got.low else ""
                print(f"    {client:<12} {number(got.median):>12} {of:>16}  {between}")


def table(head, rows, right=1):
    """Columns from `right` on hold numbers."""
    marks = ["---" if column < right else "--:" for column in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


class Page:
    def __init__(self, figures, docs):
        self.machine, self.rounds, self.figures = figures["machine"], figures["rounds"], figures["scenarios"]
        self.compile_time = figures.get("compile_time")
        self.docs = docs
        with open(PACKAGE / "goals.toml", "rb") as file:
            self.told = tomllib.load(file)
        self.scenarios = [one for one in every() if one.name in self.figures]
        self.compared = [one for one in self.scenarios if one.group != "growth"]

    def plot(self, name, svg, words):
        (self.docs / "performance" / f"{name}.svg").write_text(svg)
        return f"![{words}](performance/{name}.svg)"

    # What stands in a table.

    def cell(self, scenario, client, key):
        """A median, with its ratio to tonic and, for us, the quartiles of that."""
        found = self.figures[scenario.name]
        got = spread(found, client, key)
        if not got:
            return "–"
        if client == REFERENCE:
            return number(got.median)
        to = ratio(found, client, REFERENCE, key)
        if not to:
            return number(got.median)
        if client != US:
            return f"{number(got.median)} ({quotient(to.median)})"
        between = f", {quotient(to.low)}–{quotient(to.high)}" if key in TIMED else ""
        return f"**{number(got.median)}** ({quotient(to.median)}{between})"

    def by_client(self, key, clients=ALL, scenarios=None):
        """A row for each scenario that has the figure."""
        rows = []
        for scenario in scenarios or self.compared:
            cells = [self.cell(scenario, client, key) for client in clients]
            if any(cell != "–" for cell in cells):
                rows.append([scenario.name, *cells])
        return table(["", *clients], rows) if rows else "Not measured."

    def spreads(self, key):
        rows = []
        for scenario in self.compared:
            found = self.figures[scenario.name]
            got = [spread(found, client, key) for client in ALL]
            if any(got):
                rows.append([scenario.name, *(f"{number(one.low)}–{number(one.high)}" if one else "–" for one in got)])
        return details(f"Quartiles of {METRICS[key].name}", table(["", *ALL], rows))

    def ratio_plot(self, key, groups, title, clients):
        rows = []
        for scenario in self.compared:
            if scenario.group in groups:
                ratios = {client: ratio(self.figures[scenario.name], client, REFERENCE, key) for client in clients}
                ratios = {client: (to.low, to.median, to.high) for client, to in ratios.items() if to}
                if US in ratios:
                    rows.append((scenario.name, ratios))
        words = f"{title}, ratio to {REFERENCE}"
        label = "less is better" if not METRICS[key].more else "more is better"
        return rows and self.plot(key.replace("_", "-"), plot.ratios(words, f"{words}; {label}", rows, clients), words)

    # Sections.

    def goals(self):
        rows, reasons = [], []
        for goal in self.told["goal"]:
            for key, limit in goal["figures"].items():
                got, shown = self.reached(goal, key)
                if got is None:
                    continue
                more = METRICS[key].more
                # As it is shown.
                got = got if goal.get("absolute") else round(got, 2)
                met = (got >= limit if more else got <= limit) or number(got) == number(limit)
                sign = "≥" if more else "≤"
                wanted = f"{sign} {number(limit)}" if goal.get("absolute") else f"{sign} {quotient(limit)}"
                name = goal.get("name", goal["scenario"])
                rows.append([name, METRICS[key].name, wanted, shown, "yes" if met else "**no**"])
                if not met and "why" in goal:
                    reasons.append(f"- {name}, {METRICS[key].name}: {goal['why']}")
        if self.compile_time:
            to, goal = self.compile_time[US] / self.compile_time[REFERENCE], self.told["compile_time"]
            met = round(to, 2) <= goal["most"]
            name, wanted = "compiling a stub of 50 methods", f"≤ {quotient(goal['most'])}"
            rows.append([name, "CPU s", wanted, quotient(to), "yes" if met else "**no**"])
            if not met:
                reasons.append(f"- {name}: {goal['why']}")
        behind = len({(name, key) for name, key, peer, *_ in self.behind() if peer == REFERENCE})
        rows.append([f"any row, {REFERENCE}", "all below", "none behind", str(behind), "yes" if not behind else "**no**"])
        text = table(["", "", "goal", "now", "met"], rows, right=2)
        return text + ("\n\n" + "\n".join(reasons) if reasons else "")

    def reached(self, goal, key):
        """The figure that a goal is about, and how it is shown."""
        found = self.figures.get(goal["scenario"], {})
        if not goal.get("absolute"):
            to = ratio(found, US, REFERENCE, key)
            return (to.median, quotient(to.median)) if to else (None, "")
        got = spread(found, US, key)
        got = got and got.median
        theirs = spread(found, REFERENCE, key)
        theirs = theirs and theirs.median
        if "less" in goal and got is not None:
            less = self.figures.get(goal["less"], {})
            base, their_base = spread(less, US, key), spread(less, REFERENCE, key)
            got = got - base.median if base else None
            theirs = theirs - their_base.median if theirs and their_base else None
        if got is None:
            return None, ""
        return got, number(got) + (f" ({REFERENCE} {number(theirs)})" if theirs is not None else "")

    def behind(self, peers=LIBRARIES[1:]):
        """Rows in which a peer is better, for sure: (scenario, key, peer, ratio, ours, theirs)."""
        for scenario in self.compared:
            found = self.figures[scenario.name]
            for key in JUDGED:
                for peer in peers:
                    to = ratio(found, US, peer, key)
                    if to and worse(to, METRICS[key].more, key):
                        yield scenario.name, key, peer, to, spread(found, US, key), spread(found, peer, key)

    def reasons(self, behind):
        """Why rows are behind, as far as somebody found out: `behind` are names and keys."""
        lines, left = [], set(behind)
        for told in self.told.get("behind", []):
            of = {
                (name, key) for name, key in behind
                if any(fnmatch(name, row) for row in told["rows"]) and key in told["figures"]
            }
            if of:
                names = ", ".join(dict.fromkeys(name for name, _ in sorted(of)))
                keys = ", ".join(METRICS[key].name for key in told["figures"] if any(key == one for _, one in of))
                lines.append(f"- {names}: {keys}. {told['why']}")
            left -= of
        if left:
            lines.append("- Not known: " + "; ".join(f"{name}, {METRICS[key].name}" for name, key in sorted(left)) + ".")
        return "\n".join(lines)

    def not_ahead(self):
        rows = [
            [name, METRICS[key].name, peer, number(ours.median), number(theirs.median), ratio_text(to, key)]
            for name, key, peer, to, ours, theirs in self.behind()
        ]
        head = ["", "figure", "peer", "Ziggurat", "peer's", "ratio"]
        text = table(head, rows, right=3) if rows else "Nowhere, in this run."
        reasons = self.reasons(list(dict.fromkeys((name, key) for name, key, *_ in self.behind())))
        if reasons:
            text += f"\n\nWhy:\n\n{reasons}"
        rows = [
            [name, METRICS[key].name, peer, number(ours.median), number(theirs.median), ratio_text(to, key)]
            for name, key, peer, to, ours, theirs in self.behind(("h2+prost", "hyper+prost"))
            if key in ("cpu_us", "instructions", "rate")
        ]
        floors = table(head, rows, right=3) if rows else "Nowhere, in this run."
        open_ = sum(
            1 for scenario in self.compared for key in TIMED for peer in LIBRARIES[1:]
            if (to := ratio(self.figures[scenario.name], US, peer, key)) and undecided(to)
        )
        return (
            f"Rows in which another library is better: all quartiles of the ratio lie on its side (counted figures: by "
            f"more than {SAME:.1%}). In {open_} other comparisons the quartiles lie on both sides: nothing can be said.\n\n"
            f"{text}\n\n"
            + details("Rows in which h2 or hyper with prost alone need less: what a gRPC library adds to them", floors)
        )

    def growth(self):
        parts = []
        axes = dict.fromkeys(one.axis for one in self.scenarios if one.group == "growth")
        for axis in axes:
            steps = [one for one in self.scenarios if one.axis == axis]
            keys = [key for key in ("cpu_us", "rate", "allocated", "heap", "resident", "peak", "resident_peak")
                    if any(spread(self.figures[one.name], US, key) for one in steps)]
            parts.append(f"### {TITLES[axis]}\n\n{EXPLAINED[axis]}\n")
            for key in keys:
                name = MEMORY.get(key) or METRICS[key].name
                up = f"{name} per {steps[0].unit}" if key in ("cpu_us", "allocated", "heap", "resident") else name
                parts.append(self.steps(steps, key, up))
            for key in ("cpu_us", "heap", "resident_peak"):
                if key in keys and PLOTTED.get((axis, key)):
                    parts.append(self.growth_plot(axis, steps, key, PLOTTED[axis, key]))
        return "\n\n".join(parts)

    def steps(self, steps, key, name):
        rows = []
        for client in GROWN:
            got = [spread(self.figures[one.name], client, key) for one in steps]
            if any(got):
                rows.append([client, *(memory(one.median, key) if one else "–" for one in got)])
        return table([name, *(step_name(one) for one in steps)], rows)

    def growth_plot(self, axis, steps, key, up):
        series = {}
        for client in GROWN:
            got = [(one.step, spread(self.figures[one.name], client, key)) for one in steps]
            line = [(step, one.median) for step, one in got if one and one.median > 0]
            if line:
                series[client] = line
        name = f"{axis} {key}".replace(" ", "-").replace("_", "-")
        return self.plot(name, plot.growth(TITLES[axis], ACROSS[axis], up, series), f"{TITLES[axis]}: {up}")

    def compiled(self):
        if not self.compile_time:
            return "Not measured."
        ours, theirs = self.compile_time[US], self.compile_time[REFERENCE]
        return (
            f"A stub of 50 methods and a program that calls each of them, built with `--release`, without what they depend "
            f"on: {ours:.2f} CPU s, tonic {theirs:.2f} s, ratio {ours / theirs:.2f}. `benches/compile-time/run` measures it "
            f"alone and fails above a third."
        )

    def added(self):
        """What a timeout and layers add to a call."""
        rows = []
        for scenario in self.compared:
            if scenario.group not in ("timeout", "layers"):
                continue
            base = self.figures.get(scenario.name.split(", ", 1)[1], {})
            for key in ("instructions", "allocations", "allocated"):
                cells = []
                for client in LIBRARIES:
                    with_, without = spread(self.figures[scenario.name], client, key), spread(base, client, key)
                    cells.append(number(with_.median - without.median) if with_ and without else "–")
                if any(cell != "–" for cell in cells):
                    rows.append([scenario.name, METRICS[key].name, *cells])
        return table(["", "", *LIBRARIES], rows, right=2)

    def setting(self):
        machine = self.machine
        crates = ", ".join(f"{name} {version}" for name, version in machine["crates"].items())
        return (
            f"{machine['date']}, commit {machine['commit']}; {machine['processor']}, {machine['cores']} cores, "
            f"{machine['system']}, {machine['libc']}; rustc {machine['rustc']}, valgrind {machine['valgrind'] or 'none'}; "
            f"{crates}."
        )

    def text(self):
        (self.docs / "performance").mkdir(exist_ok=True)
        text = (PACKAGE / "page.md").read_text()
        unary, others = ("unary", "timeout", "layers", "TLS", "2 threads"), ("streams",)
        parts = {
            "setting": self.setting(),
            "rounds": str(self.rounds),
            "goals": self.goals(),
            "behind": self.not_ahead(),
            "cpu_plot": self.ratio_plot("cpu_us", unary + others, "CPU per call or message", TYPED),
            "cpu": self.by_client("cpu_us"),
            "cpu_spread": self.spreads("cpu_us"),
            "rate_plot": self.ratio_plot("rate", unary + others, "Calls or messages per second", TYPED),
            "rate": self.by_client("rate"),
            "p50_plot": self.ratio_plot("p50_us", unary + others, "Median latency", TYPED),
            "p50": self.by_client("p50_us"),
            "p99": self.by_client("p99_us"),
            "p999": self.by_client("p999_us"),
            "instructions_plot": self.ratio_plot("instructions", unary + others, "Instructions per call or message", TYPED),
            "instructions": self.by_client("instructions"),
            "added": self.added(),
            "allocations": self.by_client("allocations"),
            "allocated": self.by_client("allocated"),
            "writes": self.by_client("writes"),
            "written": self.by_client("written"),
            "read": self.by_client("read"),
            "heap": self.by_client("heap"),
            "blocks": self.by_client("blocks"),
            "resident": self.by_client("resident"),
            "growth": self.growth(),
            "compile_time": self.compiled(),
        }
        for name, part in parts.items():
            text = text.replace("{{" + name + "}}", part or "")
        return text


TITLES = {
    "in flight": "Calls in flight",
    "streams": "Streams at once",
    "message size": "Size of messages",
    "channels": "Channels",
    "idle streams": "Idle streams",
}
EXPLAINED = {
    "in flight": "Unary calls of 16 B over one channel, on one thread.",
    "streams": "Server streams of 20 messages of 16 B in one DATA, so many at once, over one channel.",
    "message size": "Unary calls with a message of this size each way, one at a time.",
    "channels": "Unary calls of 16 B, 64 at once, over so many channels in turn; each has a connection of its own.",
    "idle streams": "Server streams that began and are silent: what each keeps.",
}
ACROSS = {
    "in flight": "calls in flight",
    "streams": "streams at once",
    "message size": "bytes of a message",
    "channels": "channels",
    "idle streams": "streams",
}
MEMORY = {"peak": "peak heap", "resident_peak": "peak resident memory"}
PLOTTED = {
    ("in flight", "cpu_us"): "CPU µs per call",
    ("in flight", "resident_peak"): "peak resident bytes",
    ("streams", "cpu_us"): "CPU µs per message",
    ("message size", "cpu_us"): "CPU µs per call",
    ("message size", "resident_peak"): "peak resident bytes",
    ("channels", "cpu_us"): "CPU µs per call",
    ("channels", "resident_peak"): "peak resident bytes",
    ("idle streams", "heap"): "heap bytes per stream",
}


def memory(value, key):
    if key not in MEMORY:
        return number(value)
    return f"{value / (1 << 20):,.1f} MiB"


def step_name(scenario):
    return size_name(scenario.step) if scenario.axis == "message size" else f"{scenario.step:,}"


def details(summary, text):
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def worse(to, more, key):
    if key not in TIMED:
        return to.median < 1 - SAME if more else to.median > 1 + SAME
    return to.high < 1 if more else to.low > 1


def undecided(to):
    return to.low <= 1 <= to.high


def ratio_text(to, key):
    if key not in TIMED:
        return quotient(to.median)
    return f"{quotient(to.median)} ({quotient(to.low)}–{quotient(to.high)})"


def write(figures, docs):
    (docs / "performance.md").write_text(Page(figures, docs).text())
    print(f"wrote {docs / 'performance.md'}")
