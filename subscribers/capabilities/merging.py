"""Several sources of one model made one: each value comes from the most trusted source that has it.

An operator's own word goes before a maker's profile, a maker's profile before a collection,
and where nobody says anything the handset class stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from subscribers.capabilities.facts import Values, from_document, of_class
from subscribers.handset_classes import handset_classes

PRECEDENCE: Final = ("csv", "uaprof", "uaprof-index", "wurfl", "openddr")
"""Sources, the most trusted first."""

FILLED: Final = "filled by class"


@dataclass(frozen=True)
class Merged:
    """The capabilities of one model.

    Attributes:
        values: what its sources say.
        sources: by capability, who said it.
    """

    values: Values
    sources: Mapping[str, str]

    def filled(self, class_name: str | None) -> Merged:
        """With what nobody says taken from the handset class, and marked as such."""
        handset = handset_classes().get(class_name or "")
        if handset is None:
            return self
        base = of_class(handset)
        return Merged({**base, **self.values}, {**dict.fromkeys(base, FILLED), **self.sources})


def merged(records: Mapping[str, Mapping[str, Any]]) -> Merged:
    """The records of one model, by source, as one. Width and height always come from the same source."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source in sorted(records, key=lambda one: PRECEDENCE.index(one) if one in PRECEDENCE else len(PRECEDENCE)):
        for name, value in from_document(records[source]).items():
            pair = next((other for one in _PAIRS for other in one if name in one and other != name), None)
            if name not in values and (pair is None or sources.get(pair, source) == source):
                values[name], sources[name] = value, source
    return Merged(values, sources)


_PAIRS: Final = (("width_px", "height_px"), ("mms_max_width_px", "mms_max_height_px"))
