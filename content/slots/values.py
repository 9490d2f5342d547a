"""What stands in the slots of many readers: asked for at once, cleaned, cut to their slots.

Values are looked up when a message leaves and are kept nowhere: a copy that is sent
again has what is true then. They stand in no log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.slots.cleaning import clean, fitted
from content.slots.gaps import Gap
from content.slots.names import ATTRIBUTE, slot_name
from content.slots.thresholds import GREETING, NAME_COLUMN, POINTS_COLUMN, RANK_COLUMN
from huabao.db import in_ids
from subscribers.models import Reader
from subscribers.offers import recommended_many

READERS_AT_ONCE = 2_000
OWN_LINK = "package_link"
"""The slot that whoever sends fills, since it names the reader and ends."""

Columns = Mapping[str, Any]
"""The imported columns of one reader, by name."""

_WHOLE = re.compile(r"[+-]?\d{1,12}")


def _text(columns: Columns, name: str) -> str:
    value = columns.get(name)
    return value if isinstance(value, str) else "" if value is None or isinstance(value, (dict, list, bool)) else str(value)


def _greeting(session: Session) -> Callable[[Columns], str]:
    form, column = GREETING.get(session), NAME_COLUMN.get(session)

    def of(columns: Columns) -> str:
        name = clean(_text(columns, column))
        return form.replace("{name}", name) if name else ""

    return of


def _points(session: Session) -> Callable[[Columns], str]:
    column = POINTS_COLUMN.get(session)

    def of(columns: Columns) -> str:
        written = _text(columns, column).strip()
        return f"{int(written):,}" if written.isascii() and _WHOLE.fullmatch(written) else ""

    return of


def _rank(session: Session) -> Callable[[Columns], str]:
    column = RANK_COLUMN.get(session)
    return lambda columns: _text(columns, column)


def _offers(session: Session, reader_ids: Sequence[int]) -> dict[int, str]:
    return {reader_id: "、".join(one.title for one in services) for reader_id, services in recommended_many(session, reader_ids).items()}


_OF_READERS: Mapping[str, Callable[[Session, Sequence[int]], dict[int, str]]] = MappingProxyType({"offers": _offers})
"""Slots that are asked for by themselves, for many readers at once."""

_OF_COLUMNS: Mapping[str, Callable[[Session], Callable[[Columns], str]]] = MappingProxyType({"greeting": _greeting, "points": _points, "rank": _rank})
"""Slots that a reader's imported columns fill."""


def fillings(session: Session, gaps: Sequence[Gap], reader_ids: Iterable[int], own_link: Callable[[int], str] | None = None) -> dict[int, tuple[bytes, ...]]:
    """What goes into the gaps of a message, by reader; a reader for whom every gap has its fallback is not there.

    A few statements ask for up to `READERS_AT_ONCE` readers.

    Args:
        own_link: makes a reader's own WAP address; None where nobody is sent anything, and the fallback stands there.
    """
    names = {gap.name for gap in gaps}
    makers = {name: _maker(session, name) for name in names - _OF_READERS.keys() - {OWN_LINK}}
    ids = sorted(reader_ids)
    found: dict[int, tuple[bytes, ...]] = {}
    for begin in range(0, len(ids), READERS_AT_ONCE):
        page = ids[begin : begin + READERS_AT_ONCE]
        asked = {name: _OF_READERS[name](session, page) for name in sorted(names & _OF_READERS.keys())}
        if OWN_LINK in names:
            asked[OWN_LINK] = {reader_id: own_link(reader_id) for reader_id in page} if own_link is not None else {}
        for reader_id, columns in session.execute(select(Reader.id, Reader.attributes).where(in_ids(session, Reader.id, page))):
            values = {name: make(columns or {}) for name, make in makers.items()} | {name: many.get(reader_id, "") for name, many in asked.items()}
            texts = [_fitted(gap, values[gap.name]) for gap in gaps]
            if any(text != gap.fallback for text, gap in zip(texts, gaps, strict=True)):
                found[reader_id] = tuple(text.encode() for text in texts)
    return found


def _maker(session: Session, name: str) -> Callable[[Columns], str]:
    if name.startswith(ATTRIBUTE):
        column = name.removeprefix(ATTRIBUTE)
        return lambda columns: _text(columns, column)
    return _OF_COLUMNS[name](session)


def _fitted(gap: Gap, value: str) -> str:
    known = slot_name(gap.name)
    return fitted(clean(value), gap.chars_max, gap.bytes_max, cuts=known is not None and known.cuts) or gap.fallback
