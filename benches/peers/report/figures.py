"""Medians, spreads and ratios of what was measured."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median between its quartiles; all three are the same for what was counted."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values):
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)


@dataclass(frozen=True)
class Metric:
    """A kind of figure; `more` if more of it is better."""

    key: str
    name: str
    more: bool = False
    # In units of the file that make one of the tables.
    scale: float = 1


METRICS = {
    metric.key: metric
    for metric in (
        Metric("cpu_us", "CPU µs"),
        Metric("rate", "calls or messages per second", more=True),
        Metric("p50_us", "p50 µs"),
        Metric("p99_us", "p99 µs"),
        Metric("p999_us", "p99.9 µs"),
        Metric("instructions", "instructions"),
        Metric("allocations", "allocations"),
        Metric("allocated", "bytes allocated"),
        Metric("writes", "writes"),
        Metric("written", "bytes written"),
        Metric("reads", "reads"),
        Metric("read", "bytes read"),
        Metric("heap", "heap bytes kept"),
        Metric("blocks", "heap blocks kept"),
        Metric("resident", "resident bytes kept"),
        Metric("resident_peak", "most memory"),
    )
}
# Of rounds, so that they are compared within each.
TIMED = {"cpu_us", "rate", "p50_us", "p99_us", "p999_us"}


def values(found, client, key):
    got = found.get(client, {}).get(key)
    if got is None:
        return None
    got = got if isinstance(got, list) else [got]
    return None if not got or None in got else got


def spread(found, client, key):
    got = values(found, client, key)
    return got and Spread.of(got)


def ratio(found, client, other, key):
    """Of one client to another; that of rounds is taken within each."""
    ours, theirs = values(found, client, key), values(found, other, key)
    if not ours or not theirs or not all(theirs):
        return None
    return Spread.of([our / their for our, their in zip(ours, theirs)])


def number(value):
    """Three digits, or all before the point."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def quotient(value):
    return f"{value:.2f}"
