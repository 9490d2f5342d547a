"""Which class a handset falls in, by what, and how its screen differs from that of the class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from content.preview.wording import say
from huabao.errors import UsageError
from subscribers.capabilities.merging import Merged
from subscribers.handset_classes import CANNOT_MMS, DEFAULT_HANDSET_CLASS, HandsetClass, handset_class, handset_classes
from subscribers.handsets import capabilities_of, find_handset
from subscribers.models import Handset, Reader

SCREEN_PX_MIN, SCREEN_PX_MAX = 96, 1080
"""Screens outside are shown as their class has them: the record is odd, or shows a page beside others."""


@dataclass(frozen=True)
class Look:
    """A handset that is looked at.

    Attributes:
        model: its name, or None where only the class is known.
        handset_class: a class, or `no-mms`, `text-only`.
        by: what put it there, in words.
        known: what its sources say; None where nobody recorded it.
    """

    model: str | None
    handset_class: str
    by: str
    known: Merged | None = None

    @property
    def screen(self) -> HandsetClass:
        """The class, with the handset's own screen where its record has one."""
        own = handset_class(self.handset_class)
        values: Mapping[str, Any] = self.known.values if self.known else {}
        width, height = values.get("width_px", own.width_px), values.get("height_px", own.height_px)
        if not all(SCREEN_PX_MIN <= side <= SCREEN_PX_MAX for side in (width, height)):
            return own
        return replace(own, width_px=width, height_px=height)

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        said = self.known or Merged({}, {})
        values = {name: {"value": list(value) if isinstance(value, tuple) else value, "source": said.sources[name]} for name, value in said.values.items()}
        return {"model": self.model, "handset_class": self.handset_class, "class_by": self.by, "values": values}


def look_at_reader(session: Session, reader: Reader, language: str) -> Look:
    """The handset of a reader, and how that is known."""
    row = session.get(Handset, reader.handset_model) if reader.handset_model else None
    if reader.handset_class is None:
        return Look(reader.handset_model, DEFAULT_HANDSET_CLASS.get(session), say(language, "class_default"), capabilities_of(row) if row else None)
    if reader.handset_model is None:
        return Look(None, reader.handset_class, say(language, "class_named"))
    by = _by(row, language) if row else say(language, "class_none")
    if not reader.handset:
        by = f"{say(language, 'class_imei')}; {by}"
    return Look(reader.handset_model, reader.handset_class, by, capabilities_of(row) if row else None)


def look_at_name(session: Session, name: str, language: str) -> Look:
    """A handset by the name of its model, or of a class.

    Raises:
        UsageError: it is neither.
    """
    if name in handset_classes():
        return Look(None, name, say(language, "class_asked"))
    row = find_handset(session, name)
    if row is None:
        raise UsageError(f"{name[:120]!r} is no handset model that is known and no class; `huabao handsets list` shows models, classes are {', '.join(handset_classes())}")
    found = row.handset_class or DEFAULT_HANDSET_CLASS.get(session)
    return Look(row.model, found, _by(row, language) if row.handset_class else say(language, "class_default"), capabilities_of(row))


def takes_mms(look: Look) -> bool:
    """Whether it is sent a message at all."""
    return look.handset_class not in CANNOT_MMS


def _by(row: Handset, language: str) -> str:
    if row.class_rule:
        return say(language, "class_rule", rule=row.class_rule)
    return say(language, "class_given" if row.given_class else "class_none")
