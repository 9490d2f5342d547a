"""Both faces of every rule say the same of every reader, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from huabao.runtime import Runtime
from subscribers.models import Reader
from subscribers.segments import FIELDS, ReaderFacts, facts_of, parse_rule, rule_matches, rule_sql
from subscribers.segments.store import count_readers

NOW = datetime(2026, 11, 22, tzinfo=UTC)

TEXTS = st.sampled_from(
    ["合肥", "合", "芜湖", "\u200b", "a", "A", "ä", "z", "😀", "\uffff", "5", "5.0", "05", "-5", "5 ", "1e3", ".5", "５", "''", 'a"b', "%", "_", "\\", "\t", "null", "true"]
) | st.text(alphabet=st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=6)
NUMBERS = st.integers(-10, 10) | st.sampled_from([0.5, -0.5, 5.0, 1e14, 999999999999999, 2.25])
TEXT_OR_NUMBER = TEXTS | NUMBERS | NUMBERS.map(str)
NAMES = st.sampled_from(["school", "学校", 'quo"te', "a.b", "$", "it's", "points", "x", "[0]", "\\"])
CHOICES = {
    "handset_class": ["30kb-128x160", "300kb-320x480", "no-mms"],
    "attribute_class": list("ABCDEF"),
    "preferences.drive": ["emotion", "entertainment", "content"],
}
ORDERED = ("eq", "ne", "lt", "le", "gt", "ge")
HUGE = st.sampled_from([10**15, -(10**15), 10**20, -(2**63), 1e300, 0])
JSON_VALUES: st.SearchStrategy[Any] = TEXT_OR_NUMBER | st.none() | st.booleans() | st.just([]) | st.just(["a"]) | st.just({"a": 1}) | HUGE


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    def made(field: str, value: st.SearchStrategy[Any], text: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.one_of(
            st.fixed_dictionaries({"field": st.just(field), "op": st.sampled_from(("eq", "ne")), "value": value}),
            st.fixed_dictionaries({"field": st.just(field), "op": st.sampled_from(ORDERED[2:]), "value": text}),
            st.fixed_dictionaries({"field": st.just(field), "op": st.just("in"), "value": st.lists(value, min_size=1, max_size=4)}),
            st.fixed_dictionaries({"field": st.just(field), "op": st.just("contains"), "value": TEXTS}),
            st.fixed_dictionaries({"field": st.just(field), "op": st.just("exists"), "value": st.booleans()}),
        )

    topics = st.one_of(
        st.fixed_dictionaries({"field": st.just("preferences.topics"), "op": st.just("contains"), "value": TEXTS}),
        st.fixed_dictionaries({"field": st.just("preferences.topics"), "op": st.just("in"), "value": st.lists(TEXTS, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"field": st.just("preferences.topics"), "op": st.just("exists"), "value": st.booleans()}),
    )
    columns = [made(name, st.sampled_from(values), TEXTS) for name, values in CHOICES.items()]
    attributes = NAMES.flatmap(lambda name: made(f"attributes.{name}", TEXT_OR_NUMBER, TEXT_OR_NUMBER))
    return st.one_of(made("city", TEXTS, TEXTS), *columns, topics, attributes, attributes)


RULES = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
READERS = st.fixed_dictionaries(
    {
        "city": st.none() | TEXTS | st.just(""),
        "handset_class": st.none() | st.sampled_from(CHOICES["handset_class"]),
        "attribute_class": st.none() | st.sampled_from(CHOICES["attribute_class"]),
        "drive": st.none() | st.sampled_from(CHOICES["preferences.drive"]),
        "topics": st.lists(TEXTS | st.integers(0, 5) | st.none(), max_size=3),
        "attributes": st.dictionaries(NAMES, JSON_VALUES, max_size=3),
    }
)


def test_every_field_of_the_registry_is_in_the_agreement() -> None:
    drawn = {"city", *CHOICES, "preferences.topics", "attributes."}
    assert {field.name for field in FIELDS} == drawn


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(readers=st.lists(READERS, min_size=1, max_size=8), documents=st.lists(RULES, min_size=1, max_size=12))
def test_sql_and_python_agree(runtime: Runtime, readers: list[dict[str, Any]], documents: list[dict[str, Any]]) -> None:
    rows = [{"msisdn": f"138{number:08}", "created_at": NOW, "updated_at": NOW, **reader} for number, reader in enumerate(readers)]
    with runtime.transaction() as session:
        session.execute(delete(Reader))
        session.execute(insert(Reader), rows)
        session.expire_all()
        stored = list(session.scalars(select(Reader).order_by(Reader.id)))
        for document in documents:
            rule = parse_rule(document, "test")
            answers = dict(session.execute(select(Reader.id, rule_sql(rule))).all())
            for row in stored:
                assert answers[row.id] is not None and answers[row.id] in (True, False, 0, 1)
                assert bool(answers[row.id]) is rule_matches(rule, facts_of(row)), (document, facts_of(row))
            fitting = set(session.scalars(select(Reader.id).where(rule_sql(rule))))
            assert fitting == {row.id for row in stored if rule_matches(rule, facts_of(row))}
            assert count_readers(session, rule) == len(fitting)
            assert parse_rule(rule.to_document(), "again") == rule


def test_a_reader_without_a_city_is_not_of_that_city() -> None:
    rule = parse_rule({"field": "city", "op": "ne", "value": "合肥"}, "test")
    assert rule_matches(rule, ReaderFacts())
    assert rule_matches(rule, ReaderFacts(city="芜湖"))
    assert not rule_matches(rule, ReaderFacts(city="合肥"))
