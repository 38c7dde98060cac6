"""Where a rule is implemented: from a path such as `layers::deadline::begin` to a file."""

import re

from checks.source import blank

# Crates of others that keep some rules for us.
FOREIGN = {"h2", "hyper"}

_ITEM = r"\b(?:fn|struct|enum|trait|const|static|type|mod)\s+{}\b"


def find(place, root):
    """The file that a path leads to, relative to the root; `None` if there is none."""
    crate, *segments = place.split("::")
    folder = root / "crates" / crate / "src"
    file = folder / "lib.rs"
    for index, segment in enumerate(segments):
        candidates = (folder / f"{segment}.rs", folder / segment / "mod.rs")
        module = next(filter(lambda path: path.is_file(), candidates), None)
        if module is None:
            is_item = index == len(segments) - 1 and _holds(file, segment)
            return file.relative_to(root) if is_item else None
        file, folder = module, folder / segment
    return file.relative_to(root) if file.is_file() else None


def _holds(file, item):
    if not file.is_file():
        return False
    return re.search(_ITEM.format(re.escape(item)), blank(file.read_text())) is not None
