"""Both faces of every rule say the same of every reader, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from huabao.runtime import Runtime
from subscribers.models import SUBSCRIPTION_STATES, Reader, Subscription
from subscribers.segments import FIELDS, ReaderFacts, facts_of, parse_rule, rule_matches, rule_sql
from subscribers.segments.store import count_readers

NOW = datetime(2026, 11, 22, tzinfo=UTC)

WORDS = ["合肥", "合", "芜湖", "\u200b", "a", "A", "ä", "z", "😀", "\uffff", "''", 'a"b', "%", "_", "\\", "\t", "null", "true"]
NUMERALS = [
    "5",
    "5.0",
    "05",
    "-5",
    "5 ",
    " 5",
    "+5",
    "1e3",
    ".5",
    "5.",
    "-",
    ".",
    "--5",
    "5-",
    "1.2.3",
    "1_0",
    "0x5",
    "５",
    "٥",
    "0.50",
    "-0",
    "9" * 15,
    "0" * 14 + "5",
    "0" * 15 + "5",
]
TEXTS = st.sampled_from([*WORDS, *NUMERALS]) | st.text(alphabet=st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=6)
NUMBERS = st.integers(-10, 10) | st.sampled_from([0.5, -0.5, 5.0, 1e14, 999999999999999, 2.25])
TEXT_OR_NUMBER = TEXTS | NUMBERS | NUMBERS.map(str)
SERVICES = st.sampled_from(["fetion", "Fetion", "mail139", "早报"])
NAMES = st.sampled_from(["school", "学校", 'quo"te', "a.b", "$", "it's", "points", "x", "[0]", "\\"])
CHOICES = {
    "handset_class": ["30kb-128x160", "300kb-320x480", "no-mms"],
    "attribute_class": list("ABCDEF"),
    "preferences.drive": ["emotion", "entertainment", "content"],
}
ORDERED = ("eq", "ne", "lt", "le", "gt", "ge")
ODD_VALUES: list[Any] = [None, True, False, [], ["a"], [5], {"a": 1}, 5, 5.0, -5, 0, 0.5, 10**15, -(10**15), 10**20, -(2**63), 1e300, 999999999999999]
JSON_VALUES: st.SearchStrategy[Any] = TEXT_OR_NUMBER | st.sampled_from(ODD_VALUES)


def asked(field: str, value: st.SearchStrategy[Any], ordered: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition on a field: each op as likely as every other."""
    values = {"contains": TEXTS, "exists": st.booleans(), "in": st.lists(value, min_size=1, max_size=4), "eq": value, "ne": value}
    return st.sampled_from((*ORDERED, "in", "contains", "exists")).flatmap(
        lambda op: st.fixed_dictionaries({"field": st.just(field), "op": st.just(op), "value": values.get(op, ordered)})
    )


def among(field: str, one: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition on a list."""
    values = {"contains": one, "in": st.lists(one, min_size=1, max_size=3), "exists": st.booleans()}
    return st.sampled_from(sorted(values)).flatmap(lambda op: st.fixed_dictionaries({"field": st.just(field), "op": st.just(op), "value": values[op]}))


def condition_on(field: str) -> st.SearchStrategy[dict[str, Any]]:
    if field in ("preferences.topics", "services"):
        return among(field, TEXTS if field == "preferences.topics" else SERVICES)
    if field.startswith("attributes."):
        return asked(field, TEXT_OR_NUMBER, TEXT_OR_NUMBER)
    return asked(field, st.sampled_from(CHOICES[field]), TEXTS) if field in CHOICES else asked(field, TEXTS, TEXTS)


# The attributes hold the hard cases (numbers in texts, JSON's other types): half of all conditions.
CONDITIONS = (st.sampled_from(["city", *CHOICES, "preferences.topics", "services"]) | NAMES.map(lambda name: f"attributes.{name}")).flatmap(condition_on)


def trees(levels: int) -> st.SearchStrategy[dict[str, Any]]:
    """Rules of exactly so many levels of `all`, `any` and `not` over conditions.

    Not `st.recursive`: it gave a single condition under `not` and lists of one
    in two rules of three.
    """
    if levels == 0:
        return CONDITIONS
    inner, branches = trees(levels - 1), st.lists(trees(levels - 1) | CONDITIONS, min_size=1, max_size=2)
    return st.sampled_from(["all", "any", "not"]).flatmap(
        lambda key: inner.map(lambda one: {key: one}) if key == "not" else st.tuples(inner, branches).map(lambda parts: {key: [parts[0], *parts[1]]})
    )


def levels_of(document: dict[str, Any]) -> int:
    if "field" in document:
        return 0
    [inner] = document.values()
    return 1 + max(map(levels_of, inner if isinstance(inner, list) else [inner]))


READERS = st.fixed_dictionaries(
    {
        "city": st.none() | TEXTS | st.just(""),
        "handset_class": st.none() | st.sampled_from(CHOICES["handset_class"]),
        "attribute_class": st.none() | st.sampled_from(CHOICES["attribute_class"]),
        "drive": st.none() | st.sampled_from(CHOICES["preferences.drive"]),
        "topics": st.lists(TEXTS | st.integers(0, 5) | st.none(), max_size=3),
        "attributes": st.dictionaries(NAMES, JSON_VALUES, max_size=3),
        "orders": st.dictionaries(SERVICES, st.sampled_from(SUBSCRIPTION_STATES), max_size=3),
    }
)


def test_every_field_of_the_registry_is_in_the_agreement() -> None:
    drawn = {"city", *CHOICES, "preferences.topics", "services", "attributes."}
    assert {field.name for field in FIELDS} == drawn


@settings(max_examples=100, database=None)
@given(st.sampled_from([1, 2, 3]).flatmap(lambda levels: st.tuples(st.just(levels), trees(levels))))
def test_the_trees_have_their_levels(drawn: tuple[int, dict[str, Any]]) -> None:
    levels, document = drawn
    assert levels_of(document) == levels
    parse_rule(document, "test")


def agree(runtime: Runtime, readers: list[dict[str, Any]], documents: list[dict[str, Any]]) -> None:
    """Both faces of all rules over all readers; the readers that were there are replaced."""
    rows = [{"msisdn": f"138{number:08}", "created_at": NOW, "updated_at": NOW, **reader} for number, reader in enumerate(readers)]
    orders = [row.pop("orders", {}) for row in rows]
    rules = [parse_rule(document, "test") for document in documents]
    with runtime.transaction() as session:
        session.execute(delete(Reader))
        session.execute(insert(Reader), rows)
        session.expire_all()
        for reader, order in zip(session.scalars(select(Reader).order_by(Reader.msisdn)), orders, strict=True):
            session.add_all([Subscription(reader_id=reader.id, service_id=one, state=state, effective_at=NOW, updated_at=NOW) for one, state in order.items()])
        session.flush()
        stored = {row.id: facts_of(row) for row in session.scalars(select(Reader))}
        answers = session.execute(select(Reader.id, *(rule_sql(rule).label(f"rule_{number}") for number, rule in enumerate(rules)))).all()
        assert {answer[0] for answer in answers} == set(stored)
        for reader_id, *said in answers:
            for document, rule, sql_says in zip(documents, rules, said, strict=True):
                assert sql_says in (True, False, 0, 1), document
                assert bool(sql_says) is rule_matches(rule, stored[reader_id]), (document, stored[reader_id])
        for rule in rules[-2:]:
            assert count_readers(session, rule) == sum(rule_matches(rule, facts) for facts in stored.values())
    assert [parse_rule(rule.to_document(), "again") for rule in rules] == rules


def test_every_kind_of_attribute_against_every_op(runtime: Runtime) -> None:
    common: dict[str, Any] = {"city": None, "handset_class": None, "attribute_class": None, "drive": None, "topics": []}
    readers = [{**common, "attributes": attributes} for attributes in ({}, *({"x": value} for value in [*WORDS, *NUMERALS, *ODD_VALUES]))]
    values: list[Any] = [5, -5, 0, 0.5, 999999999999999, -999999999999999, "5", "5.", "a", "合", "ä", "\uffff", "😀", "%"]
    documents = [{"field": "attributes.x", "op": op, "value": value} for op in ORDERED for value in values]
    documents += [{"field": "attributes.x", "op": "contains", "value": text} for text in [*WORDS, *NUMERALS]]
    documents += [{"field": "attributes.x", "op": "exists", "value": wanted} for wanted in (True, False)]
    documents.append({"field": "attributes.x", "op": "in", "value": values})
    agree(runtime, readers, documents)


# Each example is a transaction of six round trips and compiles some twenty rules; many readers and rules in it do more than many examples.
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    readers=st.lists(READERS, min_size=6, max_size=20),
    conditions=st.lists(CONDITIONS, min_size=8, max_size=15),
    nested=st.tuples(trees(1), trees(2), trees(3)),
)
def test_sql_and_python_agree(runtime: Runtime, readers: list[dict[str, Any]], conditions: list[dict[str, Any]], nested: tuple[dict[str, Any], ...]) -> None:
    agree(runtime, readers, [*conditions, *nested])


def test_a_reader_without_a_city_is_not_of_that_city() -> None:
    rule = parse_rule({"field": "city", "op": "ne", "value": "合肥"}, "test")
    assert rule_matches(rule, ReaderFacts())
    assert rule_matches(rule, ReaderFacts(city="芜湖"))
    assert not rule_matches(rule, ReaderFacts(city="合肥"))
