"""The checks: each takes the book, the citations and the root, and yields what it found."""

from collections import Counter

from . import page, places
from .book import STATES, STRENGTHS


def unknown_citations(_book, citations, _root):
    yield from citations.unknown


def doubled_rules(book, _citations, _root):
    counts = Counter(rule.id for rule in book.rules())
    yield from (f"{id}: stands in the table twice" for id, count in counts.items() if count > 1)


def blanks(book, _citations, _root):
    for rule in book.rules():
        if rule.strength not in STRENGTHS:
            yield f"{rule.id}: the strength is none of {', '.join(STRENGTHS)}"
        if rule.state not in STATES:
            yield f"{rule.id}: the state is none of {', '.join(STATES)}"
        if not rule.words:
            yield f"{rule.id}: has no words"
        if rule.state == "done" and not rule.where:
            yield f"{rule.id}: is done, but does not say where"
        if rule.state != "done" and not rule.note:
            yield f"{rule.id}: is {rule.state}, but does not say why"


def lost_places(book, _citations, root):
    for rule in book.rules():
        for place in rule.where:
            if place not in places.FOREIGN and not places.find(place, root):
                yield f"{rule.id}: there is no {place}"


def untested_rules(book, citations, _root):
    for rule in book.rules():
        if rule.needs_a_test and not citations.of_rule(rule.id):
            yield f"{rule.id}: no test names it"


def open_rules(book, _citations, _root):
    for rule in book.rules():
        if rule.state == "open":
            yield f"{rule.id}: is open: {rule.note}"


def stale_page(book, citations, root):
    path = root / page.PATH
    written = path.read_text() if path.is_file() else None
    if written != page.render(book, citations, root):
        yield f"{page.PATH}: is out of date; run .ci/rules"


ALL = [unknown_citations, doubled_rules, blanks, lost_places, untested_rules, open_rules, stale_page]


def check(book, citations, root):
    return [finding for found in ALL for finding in found(book, citations, root)]
