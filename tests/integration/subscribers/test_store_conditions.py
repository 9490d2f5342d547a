"""The conditions over readers that a dispatch asks: each true or false for every reader, never NULL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select

from huabao.runtime import Runtime
from subscribers import store
from subscribers.blacklists import blacklisted_sql
from subscribers.models import BlacklistEntry, Consent, Reader, Subscription

T0 = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def add_readers(runtime: Runtime, readers: dict[str, list[Any]], **fields: Any) -> None:
    """Readers by their last digits, with what hangs on each; `reader_id` and number are filled in."""
    with runtime.transaction() as session:
        for digits, belongings in readers.items():
            reader = Reader(msisdn=f"138{digits:0>8}", created_at=T0, updated_at=T0, **fields)
            session.add(reader)
            session.flush()
            for one in belongings:
                if isinstance(one, BlacklistEntry):
                    one.msisdn = reader.msisdn
                else:
                    one.reader_id = reader.id
                session.add(one)


def answers(runtime: Runtime, condition: ColumnElement[Any]) -> dict[str, Any]:
    """What the condition says of each reader, by his last digits; asked as a column and as a filter."""
    with runtime.transaction(read_only=True) as session:
        said = {msisdn[3:].lstrip("0"): answer for msisdn, answer in session.execute(select(Reader.msisdn, condition))}
        fitting = {msisdn[3:].lstrip("0") for msisdn in session.scalars(select(Reader.msisdn).where(condition == True))}  # noqa: E712  # SQL
    assert fitting == {digits for digits, answer in said.items() if answer is True or answer == 1}
    return said


def order(state: str = "active", *, service: str = "news", stop: str = "sending", effective_at: datetime = T0) -> Subscription:
    return Subscription(service_id=service, state=state, stop_state=stop, effective_at=effective_at, updated_at=T0)


def consent(given: bool, at: datetime = T0, *, kind: str = "contact") -> Consent:
    return Consent(given=given, kind=kind, source="test", recorded_at=at)


def listed(kind: str) -> BlacklistEntry:
    return BlacklistEntry(kind=kind, recorded_at=T0)


def test_who_is_not_subscribed(runtime: Runtime) -> None:
    add_readers(
        runtime,
        {
            "1": [order()],
            "2": [order("paused")],
            "3": [order("cancelled")],
            "4": [],
            "5": [order(service="sport")],
            "6": [order(service="sport"), order("paused")],
            "7": [order(stop="stopped")],
            "8": [order(effective_at=T0 + 1000 * DAY)],
        },
    )
    assert answers(runtime, store.not_subscribed_sql("news")) == {"1": False, "2": True, "3": True, "4": True, "5": True, "6": True, "7": False, "8": False}
    assert all(answers(runtime, store.not_subscribed_sql("nothing")).values())


def test_whom_the_platform_stopped(runtime: Runtime) -> None:
    add_readers(
        runtime,
        {"1": [order(stop="stopped")], "2": [order()], "3": [order(stop="recovering")], "4": [], "5": [order(service="sport", stop="stopped"), order()]},
    )
    assert answers(runtime, store.stopped_sql("news")) == {"1": True, "2": False, "3": False, "4": False, "5": False}
    assert answers(runtime, store.stopped_sql("sport")) == {"1": False, "2": False, "3": False, "4": False, "5": True}


def test_the_newest_consent_counts(runtime: Runtime) -> None:
    add_readers(
        runtime,
        {
            "1": [],
            "2": [consent(True)],
            "3": [consent(True), consent(False, T0 + DAY)],
            "4": [consent(False), consent(True, T0 + DAY)],
            "5": [consent(True, T0 + DAY), consent(False, T0)],
            "6": [consent(True), consent(False)],
            "7": [consent(True, kind="survey")],
        },
    )
    said = answers(runtime, store.latest_consent_sql())
    assert {digits: None if one is None else bool(one) for digits, one in said.items()} == {"1": None, "2": True, "3": False, "4": True, "5": True, "6": False, "7": None}
    assert answers(runtime, store.no_consent_sql()) == {"1": True, "2": False, "3": True, "4": False, "5": False, "6": True, "7": True}
    assert answers(runtime, store.no_consent_sql("survey"))["7"] in (False, 0)
    with runtime.transaction(read_only=True) as session:
        for reader in session.scalars(select(Reader)):
            wanted = said[reader.msisdn[3:].lstrip("0")]
            assert store.consent_of(session, reader) == (None if wanted is None else bool(wanted))


@pytest.mark.parametrize(("kinds", "wanted"), [((), ""), (("marketing",), "13"), (("marketing", "experience"), "123"), (("registration",), "3")])
def test_who_is_on_a_blacklist(runtime: Runtime, kinds: tuple[str, ...], wanted: str) -> None:
    add_readers(runtime, {"1": [listed("marketing")], "2": [listed("experience")], "3": [listed("registration"), listed("marketing")], "4": []})
    assert answers(runtime, blacklisted_sql(kinds)) == {digits: digits in wanted for digits in "1234"}


def test_the_class_that_a_reader_is_served_in(runtime: Runtime) -> None:
    add_readers(runtime, {"1": []}, handset_class=None)
    add_readers(runtime, {"2": []}, handset_class="no-mms")
    add_readers(runtime, {"3": []}, handset_class="300kb-320x480")
    with runtime.transaction(read_only=True) as session:
        said = list(session.scalars(select(store.effective_class_sql("100kb-240x320")).order_by(Reader.msisdn)))
    assert said == ["100kb-240x320", "no-mms", "300kb-320x480"]
