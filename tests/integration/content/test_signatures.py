"""The mask in the database and the mask in memory agree, for any rules and any readers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from content.manuscript import Article, Item, Manuscript, Section
from content.signatures import SignatureRules, variant_name
from huabao.runtime import Runtime
from subscribers.models import Reader
from subscribers.segments import facts_of

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
CITIES = ("合肥", "芜湖", "安庆")
TOPICS = ("sport", "science", "world")

CONDITIONS = st.one_of(
    st.builds(lambda op, value: {"field": "city", "op": op, "value": value}, st.sampled_from(("eq", "ne")), st.sampled_from(CITIES)),
    st.builds(lambda values: {"field": "city", "op": "in", "value": values}, st.lists(st.sampled_from(CITIES), min_size=1, max_size=2, unique=True)),
    st.builds(lambda value: {"field": "preferences.topics", "op": "contains", "value": value}, st.sampled_from(TOPICS)),
    st.builds(lambda value: {"field": "preferences.drive", "op": "eq", "value": value}, st.sampled_from(("emotion", "content"))),
    st.builds(lambda value: {"field": "attribute_class", "op": "eq", "value": value}, st.sampled_from("AB")),
)
RULES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=4,
)
READERS = st.lists(
    st.fixed_dictionaries(
        {
            "city": st.sampled_from((None, *CITIES)),
            "topics": st.lists(st.sampled_from(TOPICS), max_size=2, unique=True),
            "drive": st.sampled_from((None, "emotion", "content")),
            "attribute_class": st.sampled_from((None, "A", "B")),
        }
    ),
    min_size=1,
    max_size=12,
)


def manuscript(rules: list[dict[str, Any] | None]) -> Manuscript:
    items = tuple(Item(f"a{number}.md", rule, article=Article(f"第{number}篇", ("一句话。",))) for number, rule in enumerate(rules))
    return Manuscript("p", "newspaper", "1", "报", date(2026, 11, 22), (Section("要闻", items),))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rules=st.lists(st.one_of(st.none(), RULES), min_size=1, max_size=5), readers=READERS)
def test_sql_and_python_give_the_same_mask(runtime: Runtime, rules: list[dict[str, Any] | None], readers: list[dict[str, Any]]) -> None:
    signatures = SignatureRules(manuscript(rules))
    with runtime.transaction() as session:
        session.execute(delete(Reader))
        for number, reader in enumerate(readers):
            session.add(Reader(msisdn=f"138{number:08}", created_at=NOW, updated_at=NOW, attributes={}, **reader))
        session.flush()
        rows = session.execute(select(Reader, signatures.mask_sql())).all()
    assert len(rows) == len(readers)
    for found, mask in rows:
        assert mask == signatures.mask_of(facts_of(found))
        assert signatures.items_of(mask), "no reader gets nothing"


def test_the_default_is_what_is_for_everybody() -> None:
    rule = {"field": "city", "op": "eq", "value": "合肥"}
    signatures = SignatureRules(manuscript([None, rule, rule, None]))
    assert len(signatures.rules) == 1
    assert signatures.default_items == ("a0.md", "a3.md")
    assert signatures.items_of("0") == ("a0.md", "a3.md")
    assert signatures.items_of("1") == signatures.all_items == ("a0.md", "a1.md", "a2.md", "a3.md")


def test_where_all_items_are_ruled_the_default_is_all() -> None:
    signatures = SignatureRules(manuscript([{"field": "city", "op": "eq", "value": city} for city in CITIES]))
    assert signatures.items_of("000") == signatures.all_items
    assert signatures.items_of("010") == ("a1.md",)


def test_an_edition_without_rules_has_one_signature() -> None:
    signatures = SignatureRules(manuscript([None, None]))
    assert signatures.items_of("") == ("a0.md", "a1.md")
    assert variant_name("30kb-128x160", ("a0.md",)) == variant_name("30kb-128x160", ["a0.md"]) != variant_name("30kb-128x160", ("a1.md",))
