"""Statements that are built once: rows as they were, in their order, several in one round trip, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, bindparam, delete, select, text
from sqlalchemy.exc import IntegrityError

from huabao.db import is_postgres
from huabao.outages import DATABASE_ERRORS, is_away
from huabao.quick import Quick, ask, bound_texts, in_bound_texts, insert_rows, update_rows
from huabao.runtime import Runtime
from huabao.settings import Setting, SettingValue, values_of
from reconciliation.journal.models import MessageKey

NOON = datetime(2026, 11, 22, 4, 0, 0, 123456, UTC)
COLUMNS = ("name", "value", "changed_at", "changed_by")
INSERT = insert_rows(SettingValue, COLUMNS)
UPDATE = update_rows(SettingValue, "name", ("value", "changed_at"))
ALL = Quick(lambda _: select(SettingValue.name, SettingValue.value, SettingValue.changed_at).order_by(SettingValue.name))
NAMED = Quick(lambda postgres: select(SettingValue.name).where(in_bound_texts(SettingValue.name, "names", postgres=postgres)).order_by(SettingValue.name))
BY = Quick(lambda _: delete(SettingValue).where(SettingValue.changed_by == bindparam("by", type_=String)).returning(SettingValue.name, SettingValue.changed_at))
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


def row(name: str, value: Any = 1) -> dict[str, Any]:
    return dict(zip(COLUMNS, (name, value, NOON, "ops"), strict=True))


def test_statements_take_effect_in_their_order_and_each_sees_those_before(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        before, _, between, _, after, gone, empty = ask(
            session, ALL(), INSERT.over([row("b"), row("a", {"x": ["é", None]})]), ALL(), UPDATE.over([{"name": "b", "value": "2", "changed_at": NOON.replace(hour=5)}]), ALL(),
            BY(by="ops"), ALL(),
        )  # fmt: skip
    assert (list(before), list(empty)) == ([], [])
    assert [tuple(one) for one in between] == [("a", {"x": ["é", None]}, NOON), ("b", 1, NOON)]
    assert [tuple(one) for one in after] == [("a", {"x": ["é", None]}, NOON), ("b", "2", NOON.replace(hour=5))]
    assert sorted(gone) == [("a", NOON), ("b", NOON.replace(hour=5))]
    assert all(one.tzinfo is UTC for _, _, one in after)


def test_ids_ascend_in_the_order_of_the_rows_and_bytes_are_kept(runtime: Runtime) -> None:
    made = insert_rows(MessageKey, ("reader_id", "key", "made_at"))
    rows = [{"reader_id": 1000 - n, "key": None if n == 7 else bytes([n, 0, 255]), "made_at": NOON} for n in range(20)]
    with runtime.transaction() as session:
        ask(session, made.over(rows))
        found = session.execute(select(MessageKey.reader_id, MessageKey.key).order_by(MessageKey.id)).all()
    assert [tuple(one) for one in found] == [(one["reader_id"], one["key"]) for one in rows]


@given(st.lists(PLAIN.filter(bool), min_size=1, max_size=8, unique=True), PLAIN)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(runtime: Runtime, names: list[str], value: str) -> None:
    with runtime.transaction() as session:
        postgres = is_postgres(session)
        _, _, found, none, (values,) = ask(
            session, BY(by="ops"), INSERT.over([row(name, value) for name in names]), NAMED(names=bound_texts(names, postgres=postgres)),
            NAMED(names=bound_texts((), postgres=postgres)), (Quick(lambda _: select(SettingValue.value).limit(1)))(),
        )  # fmt: skip
    assert sorted(name for (name,) in found) == sorted(names)
    assert (list(none), values) == ([], (value,))


def test_one_that_fails_ends_the_transaction_and_nothing_else(runtime: Runtime) -> None:
    with pytest.raises(DATABASE_ERRORS) as caught, runtime.transaction() as session:
        ask(session, INSERT.over([row("a")]), INSERT.over([row("a")]), ALL())
    assert isinstance(caught.value, IntegrityError)
    assert not is_away(caught.value)
    with runtime.transaction() as session:
        assert [list(one) for one in ask(session, ALL())] == [[]]


def test_a_connection_that_was_lost_is_the_databases_absence(postgres_runtime: Runtime) -> None:
    with pytest.raises(DATABASE_ERRORS) as caught, postgres_runtime.transaction() as session:
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(postgres_runtime.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (own,))
        ask(session, INSERT.over([row("a")]), ALL())
    assert is_away(caught.value)
    with postgres_runtime.transaction() as session:
        assert [list(one) for one in ask(session, ALL())] == [[]]


def test_a_setting_is_read_quickly_too(runtime: Runtime) -> None:
    switch, words = Setting("bench_switch", True, "", "…"), Setting("bench_words", "a", "", "…")
    with runtime.transaction() as session:
        assert (switch.get(session), words.get(session)) == (True, "a")
        ask(session, INSERT.over([row("bench_switch", False), row("bench_words", "b")]))
        assert (switch.get(session), words.get(session)) == (False, "b")
        assert values_of(session, (words, switch, Setting("bench_none", 3, "", "…"))) == ["b", False, 3]
