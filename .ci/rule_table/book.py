"""The rules as docs/rules.toml has them."""

import re
import tomllib
from dataclasses import dataclass

PATH = "docs/rules.toml"

STRENGTHS = {"M": "must", "S": "should", "O": "optional", "D": "decided here", "T": "a trap"}

# Every state but `done` needs a note that says why, or what is waited for.
STATES = {
    "done": None,
    "later": "later",
    "decided otherwise": "decided otherwise",
    "not applicable": "not applicable",
    "open": "**open**",
}

_ID = re.compile(r"([A-Z])-(\d+)")


@dataclass(frozen=True)
class Rule:
    """`where` names modules, or items of modules: `protocol::frame::encode`."""

    id: str
    strength: str = ""
    words: str = ""
    state: str = ""
    where: tuple = ()
    note: str = ""

    @property
    def needs_a_test(self):
        """What is optional may go untested, and so may what nothing implements."""
        is_kept = self.state == "done" or (self.state == "decided otherwise" and self.where)
        return bool(is_kept) and self.strength != "O"


@dataclass
class Section:
    title: str
    rules: list


@dataclass
class Book:
    sections: list
    # Rules that comments may name and this table does not hold: letter → (first, last).
    elsewhere: dict

    @classmethod
    def read(cls, root):
        return cls.parse((root / PATH).read_text())

    @classmethod
    def parse(cls, text):
        data = tomllib.loads(text)
        sections = [
            Section(section["title"], [_rule(entry) for entry in section["rule"]])
            for section in data["section"]
        ]
        return cls(sections, data.get("elsewhere", {}))

    def rules(self):
        return [rule for section in self.sections for rule in section.rules]

    def ids(self):
        return {rule.id for rule in self.rules()}

    def knows(self, id):
        letter, number = split(id)
        first, last = self.elsewhere.get(letter, (1, 0))
        return id in self.ids() or first <= number <= last

    def between(self, first, last):
        """The rules of a range such as `A-70 … A-76`, both ends included."""
        letter, low = split(first)
        high = split(last)[1]
        numbers = sorted(split(id)[1] for id in self.ids() if split(id)[0] == letter)
        return {f"{letter}-{number}" for number in numbers if low <= number <= high}


def split(id):
    letter, number = _ID.fullmatch(id).groups()
    return letter, int(number)


def _rule(entry):
    return Rule(**{**entry, "where": tuple(entry.get("where", ()))})
