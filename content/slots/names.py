"""Which slots there are: their names, how long a value may be, and what becomes of one that is longer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CHARS_MAX = 200
"""No slot is longer: a reader's own words are a part of a slide, not the slide."""

ATTRIBUTE = "attributes."
"""`attributes.<name>`: any column of the readers' file that nobody defined."""

_ATTRIBUTE_NAME = re.compile(r"[^\s{}|:,\x00-\x1f]{1,60}")


@dataclass(frozen=True)
class SlotName:
    """A slot that an edition may declare.

    Attributes:
        chars_max: characters of a value, unless the edition says otherwise.
        cuts: a longer value is cut after a sentence or a word; otherwise the fallback stands in for it.
        says: what a reader sees there.
    """

    name: str
    chars_max: int
    cuts: bool
    says: str


NAMES: Mapping[str, SlotName] = MappingProxyType(
    {
        one.name: one
        for one in (
            SlotName("greeting", 16, False, "how the reader is addressed"),
            SlotName("points", 12, False, "his points"),
            SlotName("rank", 12, False, "his rank"),
            SlotName("package_link", 80, False, "the address of his own WAP pages: package, orders, leaving"),
            SlotName("offers", 60, True, "services that his package has for him, less those that he holds"),
        )
    }
)


def slot_name(name: str) -> SlotName | None:
    """The slot called `name`, or None where there is none."""
    found = NAMES.get(name)
    if found is None and name.startswith(ATTRIBUTE) and _ATTRIBUTE_NAME.fullmatch(name.removeprefix(ATTRIBUTE)):
        return SlotName(name, 20, False, f"the column {name.removeprefix(ATTRIBUTE)} of the readers' file")
    return found


def known_names() -> str:
    """All of them, as an error lists them."""
    return ", ".join((*NAMES, f"{ATTRIBUTE}<column>"))
