"""The family `attributes.<name>`: imported columns that nobody defined.

An import stores texts. A rule that compares with a number takes a text that is
a plain number (`-12.5`, at most 15 characters) as that number; any other text
answers no. A rule that compares with a text takes texts only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Numeric, String, Text, and_, case, cast, false, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION

from huabao.errors import UsageError
from subscribers.models import Reader
from subscribers.segments.dialects import ByDialect
from subscribers.segments.facts import ReaderFacts
from subscribers.segments.field import NUMBER_BELOW, OPS, ORDER, Scalar, Value, checked_choices, checked_exists, checked_scalar, checked_text
from subscribers.segments.text_columns import text_matches

NAME_CHARS_MAX = 64
NUMBER_CHARS_MAX = 15
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NUMBER_ON_POSTGRES = r"^-?[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True)
class Attributes:
    """See `Field`."""

    name: str = "attributes."
    meaning: str = "an imported column that nobody defined, e.g. attributes.school"
    ops: tuple[str, ...] = OPS

    def check(self, name: str, op: str, value: object) -> Value:
        if not 1 <= len(name) <= NAME_CHARS_MAX or "\x00" in name:
            raise UsageError(f"name the attribute in 1 to {NAME_CHARS_MAX} characters, e.g. attributes.school")
        if op == "exists":
            return checked_exists(value)
        if op == "in":
            return checked_choices(value, checked_scalar)
        return checked_text(value) if op == "contains" else checked_scalar(value)

    def sql(self, name: str, op: str, value: Value) -> ColumnElement[bool]:
        if op == "ne":
            return not_(self.sql(name, "eq", value))
        if op == "exists" and not value:
            return not_(self.sql(name, "exists", True))
        if op == "in":
            assert isinstance(value, tuple)
            return or_(*(self.sql(name, "eq", one) for one in value))
        return ByDialect(sqlite=_on_sqlite(name, op, value), postgresql=_on_postgres(name, op, value))

    def matches(self, facts: ReaderFacts, name: str, op: str, value: Value) -> bool:
        fact = facts.attributes.get(name)
        if op == "exists":
            return (fact is not None) is value
        if op == "in":
            assert isinstance(value, tuple)
            return any(_compares(fact, "eq", one) for one in value)
        if op == "ne":
            return not _compares(fact, "eq", value)
        return _compares(fact, op, value)


def _compares(fact: object, op: str, value: Value) -> bool:
    if isinstance(value, str):
        return isinstance(fact, str) and text_matches(fact, op, value)
    number = _as_number(fact)
    return number is not None and ORDER[op](number, _double(value))


def _as_number(fact: object) -> float | None:
    if isinstance(fact, str):
        return float(fact) if len(fact) <= NUMBER_CHARS_MAX and _NUMBER.fullmatch(fact) else None
    if isinstance(fact, bool) or not isinstance(fact, (int, float)):
        return None
    return float(fact) if -NUMBER_BELOW < fact < NUMBER_BELOW else None


def _asked(op: str, left: Any, right: Any) -> ColumnElement[bool]:
    return ORDER[op](left, right)  # type: ignore[return-value]  # columns give a condition


def _double(value: Value) -> float:
    assert isinstance(value, (int, float))
    return float(value)


def _on_sqlite(name: str, op: str, value: Scalar | Value) -> ColumnElement[bool]:
    each = func.json_each(Reader.attributes).table_valued("key", "value", "type")
    here = select(literal(1)).select_from(each).correlate(Reader)
    kind = each.c.type
    if op == "exists":
        return here.where(and_(each.c.key == name, kind != "null")).exists()
    if isinstance(value, str):
        text = each.c.value
        found: ColumnElement[bool] = func.instr(text, value) > 0 if op == "contains" else _asked(op, text, value)
        return here.where(and_(each.c.key == name, kind == "text", found)).exists()
    shown = cast(each.c.value, Text)
    bare = case((func.substr(shown, 1, 1) == "-", func.substr(shown, 2)), else_=shown)
    plain = and_(
        func.length(shown) <= NUMBER_CHARS_MAX,
        *(bare.op("GLOB")(form) for form in ("[0-9]*", "*[0-9]")),
        *(not_(bare.op("GLOB", is_comparison=True)(form)) for form in ("*[^0-9.]*", "*.*.*")),
    )
    small = and_(each.c.value > -NUMBER_BELOW, each.c.value < NUMBER_BELOW)
    is_number = case((kind == "text", plain), (kind.in_(("integer", "real")), small), else_=false())
    equal = _asked(op, cast(each.c.value, Float), literal(_double(value), Float))
    return here.where(and_(each.c.key == name, is_number, equal)).exists()


def _on_postgres(name: str, op: str, value: Scalar | Value) -> ColumnElement[bool]:
    key = literal(name, String)
    kind = func.coalesce(func.jsonb_typeof(Reader.attributes.op("->")(key)), "null")
    text = Reader.attributes.op("->>", return_type=Text())(key)
    if op == "exists":
        return kind != "null"
    if isinstance(value, str):
        found: ColumnElement[bool] = func.strpos(text, value) > 0 if op == "contains" else _asked(op, text.collate("C"), value)
        return case((kind == "string", found), else_=false())
    plain = and_(func.length(text) <= NUMBER_CHARS_MAX, text.op("~", is_comparison=True)(_NUMBER_ON_POSTGRES))
    exact = cast(text, Numeric)
    small = case((kind == "number", and_(exact > literal(-NUMBER_BELOW, Numeric), exact < literal(NUMBER_BELOW, Numeric))), else_=false())
    is_number = case((kind == "string", plain), else_=small)
    return case((is_number, _asked(op, cast(text, DOUBLE_PRECISION), literal(_double(value), DOUBLE_PRECISION))), else_=false())


ATTRIBUTES = Attributes()
