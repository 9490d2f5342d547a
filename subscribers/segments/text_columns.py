"""Fields that are one text column of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, not_
from sqlalchemy.orm import InstrumentedAttribute

from huabao.errors import UsageError
from subscribers.handset_classes import CANNOT_MMS, handset_classes
from subscribers.models import DRIVES, Reader
from subscribers.segments.dialects import ByDialect
from subscribers.segments.facts import ReaderFacts
from subscribers.segments.field import OPS, ORDER, Value, checked_choices, checked_exists, checked_text


@dataclass(frozen=True)
class TextColumn:
    """A text column; see `Field`.

    Attributes:
        fact: its name in `ReaderFacts` and in `Reader`.
        choices: the only values that it can have, or () for any.
    """

    name: str
    meaning: str
    fact: str
    choices: tuple[str, ...] = ()
    ops: tuple[str, ...] = OPS

    def check(self, name: str, op: str, value: object) -> Value:
        if op == "exists":
            return checked_exists(value)
        if op == "in":
            return checked_choices(value, self._known)
        return self._known(value) if op in ("eq", "ne") else checked_text(value)

    def _known(self, value: object) -> str:
        text = checked_text(value)
        if self.choices and text not in self.choices:
            raise UsageError(f"{text!r} is no {self.name}; there are {', '.join(self.choices)}")
        return text

    def sql(self, name: str, op: str, value: Value) -> ColumnElement[bool]:
        column: InstrumentedAttribute[str | None] = getattr(Reader, self.fact)
        known = column.is_not(None)
        if op == "exists":
            return known if value else column.is_(None)
        if op == "ne":
            return not_(and_(known, column == value))
        if op == "eq":
            return and_(known, column == value)
        if op == "in":
            assert isinstance(value, tuple)
            return and_(known, column.in_(value))
        if op == "contains":
            return ByDialect(sqlite=and_(known, func.instr(column, value) > 0), postgresql=and_(known, func.strpos(column, value) > 0))
        compare = ORDER[op]
        return ByDialect(sqlite=and_(known, compare(column, value)), postgresql=and_(known, compare(column.collate("C"), value)))  # type: ignore[arg-type]  # comparing columns gives a condition

    def matches(self, facts: ReaderFacts, name: str, op: str, value: Value) -> bool:
        fact: str | None = getattr(facts, self.fact)
        return text_matches(fact, op, value)


def text_matches(fact: str | None, op: str, value: Value) -> bool:
    """Whether a text, or its absence, answers to `op value`."""
    if op == "exists":
        return (fact is not None) is value
    if fact is None:
        return op == "ne"
    if op == "ne":
        return fact != value
    if op == "in":
        assert isinstance(value, tuple)
        return fact in value
    if op == "contains":
        assert isinstance(value, str)
        return value in fact
    return ORDER[op](fact, value)


CITY = TextColumn("city", "where the reader lives, as it was imported", "city")
HANDSET_CLASS = TextColumn(
    "handset_class", "class of his handset; missing while the handset is unknown", "handset_class", (*handset_classes(), *CANNOT_MMS)
)
ATTRIBUTE_CLASS = TextColumn("attribute_class", "base attribute, A to F", "attribute_class", tuple("ABCDEF"))
DRIVE = TextColumn("preferences.drive", f"what moves him: {', '.join(DRIVES)}", "drive", DRIVES)
