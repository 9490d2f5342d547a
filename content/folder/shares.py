"""Shares of the slides by level, as an edition sets them."""

from __future__ import annotations

import math

from content.folder.documents import Node
from content.manuscript import LEVELS, Manuscript


def shares_of(node: Node) -> dict[str, float]:
    """The share of each level, in the order of `LEVELS`; empty, with a problem, where they are no shares."""
    values = node.mapping("`shares`", LEVELS)
    if values is None:
        return {}
    found = {level: values[level].share(level) for level in LEVELS if level in values}
    if not math.isclose(sum(found.values()), 1.0, abs_tol=0.005):
        node.wrong(f"the shares are {sum(found.values()):g} together", "make them 1, e.g. province: 0.5, group: 0.3, city: 0.2")
        return {}
    return {level: share for level, share in found.items() if share > 0}


def levels_warning(manuscript: Manuscript) -> str | None:
    """Which levels are to have a share of the slides and have no item; None where none is missing."""
    present = {item.level for item in manuscript.items}
    missing = [f"{level} ({share:.0%})" for level, share in manuscript.shares.items() if level not in present]
    return f"no item is of level {', '.join(missing)}, which is to have a share: the others get it; write `level` into an article's front matter" if missing else None
