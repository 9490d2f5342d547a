"""Rules in words: every field and every operator, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.segments import FIELDS, ReaderFacts, parse_rule
from subscribers.segments.field import OPS
from subscribers.segments.words import FIELD_WORDS, LANGUAGES, conditions_of, rule_words, values_words

VALUES = {"handset_class": "30kb-128x160", "attribute_class": "A", "preferences.drive": "emotion"}


def _conditions() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for field in FIELDS:
        name = f"{field.name}school" if field.name.endswith(".") else field.name
        for op in field.ops:
            value: object = VALUES.get(field.name, "合肥")
            found.append({"field": name, "op": op, "value": [value] if op == "in" else True if op == "exists" else value})
    return found


RULES = st.recursive(
    st.sampled_from(_conditions()),
    lambda inner: st.one_of(st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}), st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}), inner.map(lambda part: {"not": part})),
    max_leaves=5,
)


def test_every_field_has_words() -> None:
    assert {field.name for field in FIELDS} == set(FIELD_WORDS)
    assert {op for field in FIELDS for op in field.ops} <= set(OPS)


@given(RULES)
@settings(max_examples=60)
def test_a_rule_says_every_value_that_it_compares_with(document: dict[str, object]) -> None:
    rule = parse_rule(document, "rule")
    for language in LANGUAGES:
        said = rule_words(rule, language)
        assert "{" not in said
        for one in conditions_of(rule):
            assert all(str(value) in said for value in (one.value if isinstance(one.value, tuple) else () if isinstance(one.value, bool) else (one.value,)))
        assert said.count("（") + said.count("(") == said.count("）") + said.count(")")


@pytest.mark.parametrize(
    ("document", "zh", "en"),
    [
        ({"field": "city", "op": "eq", "value": "合肥"}, "城市是“合肥”", "city is “合肥”"),
        ({"not": {"field": "attributes.level", "op": "ge", "value": 3}}, "不满足（属性“level”不小于3）", "not (attribute “level” is at least 3)"),
        ({"field": "preferences.drive", "op": "exists", "value": False}, "阅读动机未知", "drive is not known"),
        (
            {"all": [{"field": "city", "op": "in", "value": ["合肥", "芜湖"]}, {"any": [{"field": "preferences.topics", "op": "contains", "value": "sport"}, {"field": "city", "op": "exists"}]}]},
            "城市是“合肥”、“芜湖”之一 且 （偏好主题含“sport” 或 城市已知）",
            "city is one of “合肥”, “芜湖” and （topics holds “sport” or city is known）",
        ),
    ],
)
def test_examples(document: dict[str, object], zh: str, en: str) -> None:
    rule = parse_rule(document, "rule")
    assert (rule_words(rule, "zh"), rule_words(rule, "en")) == (zh, en)


def test_what_a_reader_has_of_all_that_a_rule_asks() -> None:
    rule = parse_rule({"all": [{"field": "city", "op": "eq", "value": "合肥"}, {"field": "preferences.topics", "op": "contains", "value": "sport"}, {"field": "attributes.school", "op": "exists"}]}, "rule")
    facts = ReaderFacts(city="芜湖", topics=("world", "art"))
    assert values_words(rule, facts) == ("城市：芜湖", "偏好主题：world、art", "属性“school”：无")
    assert values_words(rule, facts, "en") == ("city: 芜湖", "topics: world, art", "attribute “school”: nothing")
