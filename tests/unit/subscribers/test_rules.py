"""Malformed rules are refused with where and what to do; orders are judged by their instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from subscribers.imports.subscription_rules import Order, event_of, judge
from subscribers.segments import ReaderFacts, parse_rule, rule_matches


def condition(**changes: Any) -> dict[str, Any]:
    return {"field": "city", "op": "eq", "value": "合肥", **changes}


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (None, "expected `all`"),
        ([], "expected `all`"),
        ({}, "holds nothing"),
        ({"all": []}, r"rule\.all: expected a list"),
        ({"any": condition()}, r"rule\.any: expected a list"),
        ({"all": [condition(), 5]}, r"rule\.all\[2\]"),
        ({"all": [condition()], "any": [condition()]}, "exactly one of"),
        ({"not": {"not": condition(field="cty")}}, r"rule\.not\.not: there is no field 'cty'"),
        (condition(op="like"), "use one of eq"),
        (condition(op=["eq"]), "use one of eq"),
        (condition(field="preferences.topics"), "contains, in, exists"),
        (condition(field=["city"]), "there is no field"),
        (condition(field="attributes."), "there is no field"),
        (condition(value=5), "quotation marks"),
        (condition(value=None), "quotation marks"),
        (condition(value=""), "1 to 200"),
        (condition(value="x" * 201), "1 to 200"),
        (condition(value="\x00"), "cannot be stored"),
        (condition(value="\ud800"), "cannot be stored"),
        (condition(op="in"), "list of 1 to 500"),
        (condition(op="in", value=["a"] * 501), "list of 1 to 500"),
        (condition(op="exists", value="yes"), "true or false"),
        (condition(field="attribute_class", value="Z"), "there are A, B"),
        (condition(field="handset_class", value="1kb-1x1"), "30kb-128x160"),
        (condition(field="attributes.x", value=True), "quotation marks"),
        (condition(field="attributes.x", value=10**15), "15 digits"),
        (condition(field="attributes.x", value=float("nan")), "15 digits"),
        (condition(extra=1), "exactly one of"),
        ({"any": [condition()] * 201}, "more than 200"),
    ],
)
def test_a_malformed_rule_is_refused_with_where_and_what(document: object, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted) as caught:
        parse_rule(document, "articles/10.md:5")
    assert str(caught.value).startswith("articles/10.md:5: rule")


def test_a_deep_rule_is_refused() -> None:
    document: dict[str, Any] = condition()
    for _ in range(5000):
        document = {"not": document}
    with pytest.raises(UsageError, match="deeper than 10"):
        parse_rule(document, "x")


KEYS = st.sampled_from(["all", "any", "not", "field", "op", "value"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_any_document_is_a_rule_or_a_usage_error(document: object) -> None:
    try:
        rule = parse_rule(document, "x")
    except UsageError:
        return
    assert parse_rule(rule.to_document(), "x") == rule
    assert rule_matches(rule, ReaderFacts()) in (True, False)


T0 = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = st.integers(0, 30).map(lambda day: T0 + timedelta(days=day))
ORDERS = st.lists(st.builds(Order, st.sampled_from(["active", "paused", "cancelled"]), DAYS), max_size=5, unique_by=lambda one: one.effective_at)


def folded(told: tuple[Order, ...]) -> Order | None:
    known = None
    for one in told:
        if judge(known, one) in ("added", "changed", "confirmed"):
            known = one
    return known


@given(ORDERS)
def test_the_state_is_the_newest_whatever_the_order_of_rows(told: list[Order]) -> None:
    newest = max(told, key=lambda one: one.effective_at, default=None)
    assert {folded(order) for order in permutations(told)} == {newest}
    assert folded((*told, *told)) == newest


def test_two_states_for_one_instant_contradict() -> None:
    assert judge(Order("active", T0), Order("paused", T0)) == "contradicts"
    assert event_of(Order("paused", T0), Order("active", T0)) == "resume"
    assert event_of(Order("cancelled", T0), Order("active", T0)) == "order"
