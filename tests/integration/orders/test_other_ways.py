"""Other ways by which an order changes, a file and the reader's own leaving, keep the same truth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, literal, select

from huabao.db import UTCDateTime
from huabao.runtime import Runtime
from reconciliation.ordering.leaving import leave
from subscribers.imports import ImportOutcome, import_subscriptions
from subscribers.models import Reader, Subscription
from subscribers.orders.awaited import awaited_state, is_awaited
from subscribers.orders.due import take_due
from subscribers.orders.models import AwaitedChange
from subscribers.orders.services import apply
from tests.integration.orders.test_apply import ANNA, BORIS, NOW, at, change, state, tell, verdicts

HEADER = "msisdn,service_id,state,effective_at\n"


def read(runtime: Runtime, folder: Path, *rows: str) -> ImportOutcome:
    """Import orders; hours count from the first of November, UTC."""
    path = folder / "orders.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return import_subscriptions(runtime, path, by="li")


def row(state: str, hours: float, msisdn: str = ANNA, service_id: str = "news") -> str:
    return f"{msisdn},{service_id},{state},{at(hours).isoformat()}"


def test_a_file_and_messages_are_judged_by_one_rule(runtime: Runtime, tmp_path: Path) -> None:
    tell(runtime, change("order", 5), change("barred", 7, source="boss"))
    assert read(runtime, tmp_path, row("cancelled", 3)).unchanged == 1
    assert read(runtime, tmp_path, row("active", 6), row("active", 6, BORIS), row("paused", 8, BORIS)).added == 1
    assert state(runtime) == ("paused", "active", "barred", at(7)) and state(runtime, BORIS) == ("paused", "paused", "normal", at(8))
    assert verdicts(tell(runtime, change("cancel", 5.5), change("resume", 9, msisdn=BORIS))) == ["late", "applied"]
    assert read(runtime, tmp_path, row("cancelled", 10)).changed == 1
    tell(runtime, change("unbarred", 11, source="boss"))
    assert state(runtime) == ("cancelled", "cancelled", "normal", at(10))


def test_a_file_brings_nothing_back_to_the_next_owner_of_a_number(runtime: Runtime, tmp_path: Path) -> None:
    tell(runtime, change("order", 1), change("transfer", 5, source="boss"))
    outcome = read(runtime, tmp_path, row("active", 4))
    assert (outcome.added, outcome.unchanged, len(outcome.warnings)) == (0, 1, 1) and state(runtime) is None
    assert read(runtime, tmp_path, row("active", 6)).added == 1 and state(runtime) == ("active", "active", "normal", at(6))


def test_an_order_of_a_file_begins_anew_after_a_stop(runtime: Runtime, tmp_path: Path) -> None:
    tell(runtime, change("order", 1))
    with runtime.transaction() as session:
        one = session.scalars(select(Subscription)).one()
        one.stop_state, one.stop_cause, one.stopped_at = "stopped", "handset", at(2)
    read(runtime, tmp_path, row("paused", 3))
    with runtime.transaction() as session:
        assert session.scalar(select(Subscription.stop_state)) == "stopped", "it is the same order"
    read(runtime, tmp_path, row("cancelled", 4), row("active", 5))
    tell(runtime, change("cancel", 6), change("order", 7))
    with runtime.transaction() as session:
        one = session.scalars(select(Subscription)).one()
        assert (one.stop_state, one.stop_cause, one.stopped_at) == ("sending", None, None)


def test_a_file_may_speak_of_the_months_end(runtime: Runtime, tmp_path: Path) -> None:
    end = runtime.now() + timedelta(days=8)
    told = f"{ANNA},news,cancelled,{end.isoformat()}"
    assert read(runtime, tmp_path, row("active", 1), told).changed == 1
    assert state(runtime) == ("active", "active", "normal", at(1))
    again = read(runtime, tmp_path, told, f"{ANNA},news,paused,{end.isoformat()}")
    assert (again.changed, again.unchanged, again.rejected) == (0, 1, 1)
    with runtime.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AwaitedChange)) == 1
        for hours, wanted in ((-1, None), (1, "cancelled")):
            when = literal(end + timedelta(hours=hours), UTCDateTime)
            asked = select(awaited_state(Reader.msisdn, Subscription.service_id, when)).select_from(Reader).join(Subscription, Subscription.reader_id == Reader.id)
            assert session.scalar(asked.where(is_awaited(Reader.msisdn, Subscription.service_id, when))) == wanted
    with runtime.transaction() as session:
        assert verdicts(apply(session, take_due(session, now=end), now=end)) == ["applied"]
    assert state(runtime) == ("cancelled", "cancelled", "normal", end)


def test_a_reader_leaves_by_the_same_path(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), change("barred", 2, source="boss"))
    with runtime.transaction() as session:
        assert leave(session, session.scalars(select(Subscription)).one(), channel="wap", at=NOW)
    with runtime.transaction() as session:
        assert not leave(session, session.scalars(select(Subscription)).one(), channel="wap", at=NOW + timedelta(hours=1))
    tell(runtime, change("unbarred", 3, source="boss"), now=NOW)
    assert state(runtime) == ("cancelled", "cancelled", "normal", NOW)
