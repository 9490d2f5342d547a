"""The field `preferences.topics`: a list of texts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, func, literal, not_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH, TEXT, array
from sqlalchemy.sql.expression import cast

from subscribers.models import Reader
from subscribers.segments.dialects import ByDialect
from subscribers.segments.facts import ReaderFacts
from subscribers.segments.field import Value, checked_choices, checked_exists, checked_text


@dataclass(frozen=True)
class Topics:
    """A list; see `Field`. `contains` asks for one topic, `in` for any of several."""

    name: str = "preferences.topics"
    meaning: str = "topics that he prefers; `contains` asks for one, `in` for any of several"
    ops: tuple[str, ...] = ("contains", "in", "exists")

    def check(self, name: str, op: str, value: object) -> Value:
        if op == "exists":
            return checked_exists(value)
        return checked_choices(value, checked_text) if op == "in" else checked_text(value)

    def sql(self, name: str, op: str, value: Value) -> ColumnElement[bool]:
        each = func.json_each(Reader.topics).table_valued("value", "type")
        is_text = each.c.type == literal("text")
        if op == "exists":
            there = select(literal(1)).select_from(each).where(is_text).correlate(Reader).exists()
            on_postgres = func.jsonb_path_exists(Reader.topics, cast('$[*] ? (@.type() == "string")', JSONPATH))
            return ByDialect(sqlite=there if value else not_(there), postgresql=on_postgres if value else not_(on_postgres))
        wanted = value if isinstance(value, tuple) else (value,)
        found = select(literal(1)).select_from(each).where(and_(is_text, each.c.value.in_(wanted))).correlate(Reader).exists()
        any_of = Reader.topics.op("?|", is_comparison=True)(cast(array([literal(one, String) for one in wanted]), ARRAY(TEXT)))
        is_list = func.jsonb_typeof(Reader.topics) == "array"
        return ByDialect(sqlite=found, postgresql=and_(is_list, any_of))

    def matches(self, facts: ReaderFacts, name: str, op: str, value: Value) -> bool:
        topics = {one for one in facts.topics if isinstance(one, str)}
        if op == "exists":
            return bool(topics) is value
        return not topics.isdisjoint(value if isinstance(value, tuple) else (value,))


TOPICS = Topics()
