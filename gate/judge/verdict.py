"""Compares what rows cost with what they should."""

from dataclasses import dataclass

from .measure import has

# Of a rounded figure: it may stand between two whole ones.
SLACK = 1


@dataclass(frozen=True)
class Expected:
    """What a row should cost here. `None` is a row that nobody knows yet; `slack` is in instructions."""

    costs: object
    slack: int = SLACK


@dataclass(frozen=True)
class Judged:
    """A row, or another thing that passes or fails."""

    name: str
    expected: object = None
    now: object = None
    fault: str = ""
    rises: bool = False


def judge(expected, now, words):
    """One judgement for each row of either."""
    names = [*now, *(name for name in expected if name not in now and has(name, words))]
    return [_judge(name, expected.get(name), now.get(name)) for name in names]


def _judge(name, expected, now):
    if now is None:
        return Judged(name, expected.costs, fault="there is no such row any more: gate/run --update")
    if expected is None:
        return Judged(name, now=now, fault="is not in the file: gate/run --update")
    known = expected.costs
    differences = {
        "instructions": _beyond(now.instructions - known.instructions, expected.slack),
        "allocations": round(now.allocations - known.allocations, 2),
        "bytes": now.bytes - known.bytes,
    }
    more = [f"{value:+,} {what}" for what, value in differences.items() if value > 0]
    less = [f"{value:+,} {what}" for what, value in differences.items() if value < 0]
    fault = ""
    if more:
        fault = f"costs more, {', '.join(more)}: make it cheaper, or gate/run --update --why '…'"
    elif less:
        fault = f"costs less, {', '.join(less)}: gate/run --update"
    return Judged(name, known, now, fault, rises=bool(more))


def _beyond(difference, slack):
    return difference if abs(difference) > slack else 0


def reasons(before, after):
    """Whether each row that the file's last change has raised says why; nothing if the figures cannot be compared."""
    if before is None or before.measured != after.measured:
        return []
    both = [(name, before.rows[name], row) for name, row in after.rows.items() if name in before.rows]
    silent = [name for name, old, new in both if _raised(old, new) and new.why in ("", old.why)]
    fault = f"rows were raised and do not say why: {', '.join(silent)}" if silent else ""
    return [Judged("the reasons in the file", fault=fault)]


def _raised(old, new):
    return new.instructions > old.instructions + SLACK or new.allocations > old.allocations or new.bytes > old.bytes


def table(judged, source):
    """A line for each row: what it should cost by this source, what it costs, and the difference."""
    wide = max(len(one.name) for one in judged)
    lines = [f"{'':<{wide}}{'instructions':>27}{'allocations':>27}{'bytes':>27}"]
    lines.append(f"{'row':<{wide}}" + f"{source:>10}{'now':>9}{'diff':>8}" * 3)
    lines += [f"{one.name:<{wide}}{_cells(one)}{'  !' if one.fault else ''}" for one in judged]
    return "\n".join(lines)


def _cells(one):
    return "".join(
        f"{_shown(_of(one.expected, what), form):>10}{_shown(_of(one.now, what), form):>9}{_difference(one, what, form):>8}"
        for what, form in (("instructions", ",d"), ("allocations", ",.2f"), ("bytes", ",d"))
    )


def _of(costs, what):
    return None if costs is None else getattr(costs, what)


def _shown(value, form):
    return "–" if value is None else f"{value:{form}}"


def _difference(one, what, form):
    if one.expected is None or one.now is None:
        return "–"
    difference = _of(one.now, what) - _of(one.expected, what)
    return f"{difference:+{form}}" if round(difference, 2) else "·"
