"""The `slots` of an edition.yaml: names, each with the characters that its values may have.

```yaml
slots:
  - greeting
  - points: 8
```
"""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from content.folder.documents import Node
from content.manuscript import Slot
from content.slots.marks import MARKS_MAX, Declared
from content.slots.names import CHARS_MAX, known_names, slot_name


def declared_slots(node: Node) -> dict[str, int]:
    """Most characters of a value by name; problems are noted where they stand."""
    found: dict[str, int] = {}
    for entry in node.sequence("slots"):
        name, chars = _named(entry)
        known = slot_name(name)
        if known is None:
            entry.wrong(f"there is no slot {name[:60]!r}", f"there are {known_names()}")
        elif name in found:
            entry.wrong(f"slot {name!r} is declared twice", "keep one")
        else:
            most = known.chars_max if chars is None else chars.integer(f"slots: {name}", 1) or 1
            if most > CHARS_MAX:
                entry.wrong(f"slot {name!r} has {most} characters", f"give it at most {CHARS_MAX}")
            found[name] = min(most, CHARS_MAX)
    return found


def _named(entry: Node) -> tuple[str, Node | None]:
    """A name, and the node of its number of characters where one is given."""
    if isinstance(entry.raw, yaml.MappingNode) and len(entry.raw.value) == 1:
        key = str(entry.raw.value[0][0].value)
        values = entry.mapping("a slot", (key,))
        return key, None if values is None else values[key]
    return entry.text("slots") or "", None


def used_slots(node: Node, declared: Declared, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots that stand in the edition's texts; `node` is their declaration, where problems are noted."""
    used = {slot.name for slot in slots}
    for name in declared:
        if name not in used:
            node.findings.warn(node.place, f"slot {name!r} is declared and stands in no text")
    if len(slots) > MARKS_MAX:
        node.wrong(f"{len(slots)} slots stand in its texts", f"use at most {MARKS_MAX}")
    return tuple(slots)
