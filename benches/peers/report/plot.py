"""Draws plots as SVG that can be read on light and on dark ground."""

import math
from html import escape

# Told apart by hue, by brightness and by their marks.
COLOURS = {
    "ziggurat": ("#c2410c", "#fb923c"),
    "tonic": ("#1d4ed8", "#7aa7ff"),
    "connectrpc": ("#7e22ce", "#d3a4ff"),
    "hyper+prost": ("#0f766e", "#5eead4"),
    "h2+prost": ("#4d5560", "#a9b4c2"),
}
MARKS = list(COLOURS)


def style():
    def of(which):
        return "".join(
            f".mark.{css(name)} {{ fill: {both[which]} }} "
            f".line.{css(name)}, .range.{css(name)} {{ stroke: {both[which]} }}"
            for name, both in COLOURS.items()
        )
    return (
        "<style>"
        "text { font: 12px sans-serif; fill: #1f2328 } .title { font-size: 14px; font-weight: bold } "
        ".axis { stroke: #59636e } .grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-dasharray: 4 3 } "
        ".line { fill: none; stroke-width: 2 } .range { stroke-width: 2; opacity: .6 } "
        f"{of(0)}"
        "@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .axis, .one { stroke: #9198a1 } "
        f".grid {{ stroke: #3d444d }} {of(1)} }}"
        "</style>"
    )


def css(name):
    return name.replace("+", "-")


def mark(name, x, y):
    """Each client has a shape of its own."""
    kind = MARKS.index(name)
    r = 4.5
    points = {
        1: [(0, -r), (r, 0), (0, r), (-r, 0)],
        2: [(0, -r), (r, r), (-r, r)],
        3: [(-r, -r), (r, -r), (0, r)],
        4: [(-r, -r), (r, -r), (r, r), (-r, r)],
    }.get(kind)
    if not points:
        return f'<circle class="mark {css(name)}" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)
    return f'<polygon class="mark {css(name)}" points="{points}"/>'


def text(x, y, words, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def legend(names, x, y):
    for name in names:
        yield mark(name, x, y - 4)
        yield text(x + 10, y, name)
        x += 30 + 7 * len(name)


def svg(width, height, title, parts):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">{style()}\n' + "\n".join(parts) + "\n</svg>\n"
    )


def ratios(title, label, rows, names):
    """A row for each scenario, and in it a mark for each client: {name: (low, median, high)}, 1 is tonic."""
    left, top, step, width = 300, 64, 22, 860
    right, bottom = width - 24, top + step * len(rows)
    most = max((high for _, found in rows for _, _, high in found.values()), default=1)
    most = min(max(1.2, math.ceil(most * 5) / 5), 2)
    at = lambda value: left + (right - left) * min(value, most) / most
    parts = [text(16, 22, title, kind="title"), *legend(names, 16, 44)]
    for tick in range(int(most * 5) + 1):
        x = at(tick / 5)
        parts.append(line(x, top - 4, x, bottom, "one" if tick == 5 else "grid"))
        parts.append(text(x, bottom + 16, f"{tick / 5:.1f}", "middle"))
    parts.append(text((left + right) / 2, bottom + 36, label, "middle"))
    for number, (name, found) in enumerate(rows):
        y = top + step * number + step / 2
        parts.append(text(left - 10, y + 4, name, "end"))
        for client in reversed(names):
            if client in found:
                low, median, high = found[client]
                if high > low:
                    parts.append(line(at(low), y, at(high), y, f"range {css(client)}"))
                parts.append(mark(client, at(median), y))
    return svg(width, bottom + 48, title, parts)


def engineering(value):
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def growth(title, across, up, series):
    """Lines of (x, y) on axes that are both logarithmic: {name: [(x, y)]}."""
    width, height, left, top = 620, 380, 84, 64
    right, bottom = width - 24, height - 60
    points = [point for line in series.values() for point in line]
    span = lambda values: (math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9))
    (x0, x1), (y0, y1) = span([x for x, _ in points]), span([y for _, y in points])
    at_x = lambda x: left + (right - left) * (math.log10(x) - x0) / max(1, x1 - x0)
    at_y = lambda y: bottom - (bottom - top) * (math.log10(y) - y0) / max(1, y1 - y0)
    parts = [text(16, 22, title, kind="title"), *legend(series, 16, 44)]
    for power in range(x0, x1 + 1):
        x = at_x(10**power)
        parts += [line(x, top, x, bottom, "grid"), text(x, bottom + 18, engineering(10**power), "middle")]
    for power in range(y0, y1 + 1):
        y = at_y(10**power)
        parts += [line(left, y, right, y, "grid"), text(left - 8, y + 4, engineering(10**power), "end")]
    parts += [line(left, bottom, right, bottom, "axis"), line(left, top, left, bottom, "axis")]
    parts.append(text((left + right) / 2, bottom + 42, across, "middle"))
    parts.append(f'<g transform="rotate(-90 20 {(top + bottom) / 2})">'
                 + text(20, (top + bottom) / 2, up, "middle") + "</g>")
    for name, line_ in series.items():
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in line_)
        parts.append(f'<polyline class="line {css(name)}" points="{path}"/>')
        parts += [mark(name, at_x(x), at_y(y)) for x, y in line_]
    return svg(width, height, title, parts)
