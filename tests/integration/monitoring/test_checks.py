"""What the house looks at: each check finds its trouble, and nothing where all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, update

from console.health import house as health_of
from delivery.models import DeliveryEvent, Dispatch, EventState, Port, Submission
from huabao import alarms, leases
from huabao.queues import Job, Task, enqueue
from monitoring.alarms import checks, watching
from monitoring.heartbeat import beat
from reconciliation.outbox.models import OutboundRequest
from tests.integration.console.dispatch_rows import add_dispatch
from tests.integration.monitoring.conftest import Hook, House, configured


def _looked(house: House) -> dict[str, list[str]]:
    with house.runtime.transaction(read_only=True) as session:
        found = {one.kind: sorted(one.look(session, house.now)) for one in checks.CHECKS}
    return {kind: keys for kind, keys in found.items() if keys}


def _port(house: House) -> int:
    values = {"kind": "mm7", "url": "http://127.0.0.1:1/", "rate": 10.0, "burst": 1, "options": {}, "service_codes": [], "contract": {}, "created_at": house.now}
    with house.runtime.transaction() as session:
        session.execute(insert(Port), [{"name": "p1", **values}])
        return session.scalars(select(Port.id).where(Port.name == "p1")).one()


def _submission(house: House, port_id: int, *, minutes_ago: float, recipients: int) -> None:
    at = house.now - timedelta(minutes=minutes_ago)
    same = {"dispatch_id": 1, "day": at.date(), "batch_id": 1, "variant_id": 1, "fence": 1, "reader_ids": b"", "state": "accepted", "written_at": at, "answered_at": at}
    with house.runtime.transaction() as session:
        session.execute(insert(Submission), [{**same, "port_id": port_id, "transaction_id": f"t{minutes_ago}", "message_id": f"m{minutes_ago}", "recipients": recipients}])


def _report(house: House, port_id: int, *, minutes_ago: float, state: EventState) -> None:
    at = house.now - timedelta(minutes=minutes_ago)
    with house.runtime.transaction() as session:
        session.execute(insert(DeliveryEvent), [{"received_at": at, "port_id": port_id, "message_id": "m", "number": "13800138000", "status": "Retrieved", "state": int(state)}])


def test_a_house_where_all_is_well(house: House) -> None:
    assert _looked(house) == {}


def test_a_dispatch_that_should_have_begun(house: House) -> None:
    dispatch_id = add_dispatch(house.runtime, planned=40)
    late: dict[str, Any] = {"state": "released", "started_at": None, "sent_at": None, "start_at": house.now - timedelta(minutes=4), "gate": {}}
    with house.runtime.transaction() as session:
        session.execute(update(Dispatch).values(**late))
    assert _looked(house) == {}, "it has five minutes"
    house.after(minutes=2)
    assert _looked(house) == {"dispatch.not_started": [str(dispatch_id)]}
    with house.runtime.transaction() as session:
        session.execute(update(Dispatch).values(state="held"))
        alarms.raise_alarm(session, "delivery.gate", str(dispatch_id), "seeds", at=house.now)
    assert _looked(house) == {}, "that its seeds hold it is an alarm already"
    with house.runtime.transaction() as session:
        session.execute(update(Dispatch).values(state="sending", started_at=house.now))
    assert _looked(house) == {}


def test_reports_that_stop_while_submits_flow(house: House) -> None:
    port_id = _port(house)
    _submission(house, port_id, minutes_ago=20, recipients=400)
    assert _looked(house) == {}, "nothing leaves now"
    _submission(house, port_id, minutes_ago=1, recipients=400)
    assert _looked(house) == {"reports.stopped": ["p1"]}
    _report(house, port_id, minutes_ago=2, state=EventState.FOLDED)
    assert _looked(house) == {}


def test_too_few_readers_say_nothing_about_reports(house: House) -> None:
    port_id = _port(house)
    _submission(house, port_id, minutes_ago=20, recipients=10)
    _submission(house, port_id, minutes_ago=1, recipients=10)
    assert _looked(house) == {}


def test_reports_that_nobody_counts(house: House) -> None:
    _report(house, _port(house), minutes_ago=4, state=EventState.NEW)
    assert _looked(house) == {}
    house.after(minutes=2)
    assert _looked(house) == {"reports.backlog": ["reports"]}


def test_cancellations_without_an_answer(house: House) -> None:
    same: dict[str, Any] = {
        "line": "l",
        "reader_id": None,
        "service_id": "jh",
        "payload": {},
        "due_at": house.now,
        "created_at": house.now,
        "attempts": 0,
        "code": "",
        "text": "",
        "forgotten": False,
    }
    rows = [("misc", "cancel", "waiting"), ("misc", "order", "waiting"), ("boss", "cancel", "done")]
    with house.runtime.transaction() as session:
        session.execute(
            insert(OutboundRequest),
            [{**same, "peer": peer, "kind": kind, "state": state, "key": f"k{at}", "transaction_id": f"{at:016}"} for at, (peer, kind, state) in enumerate(rows)],
        )
    house.after(seconds=50)
    assert _looked(house) == {}
    house.after(seconds=11)
    assert _looked(house) == {"orders.unanswered": ["misc"]}


def test_work_that_nobody_takes(house: House) -> None:
    with house.runtime.transaction() as session:
        enqueue(session, Task("a.fast", lambda _runtime: None, queue="express"), {}, now=house.now)
        enqueue(session, Task("a.batch", lambda _runtime: None, queue="bulk"), {}, now=house.now)
        enqueue(session, Task("a.batch", lambda _runtime: None, queue="bulk"), {"n": 2}, now=house.now)
    house.after(minutes=4)
    assert _looked(house) == {"jobs.backlog": ["bulk", "express"]}
    with house.runtime.transaction() as session:
        one = session.scalars(select(Job.id).where(Job.queue == "bulk").limit(1)).one()
        session.execute(update(Job).where(Job.id == one).values(state="running", lease_until=house.now + timedelta(seconds=9)))
    assert _looked(house) == {"jobs.backlog": ["express"]}, "batches wait for each other, and rightly"


def test_the_real_round_opens_and_closes(house: House) -> None:
    port_id = _port(house)
    _report(house, port_id, minutes_ago=9, state=EventState.NEW)
    for _ in range(2):
        watching.watch(house.runtime)
    with house.runtime.transaction() as session:
        assert alarms.find_open(session, "reports.backlog", "reports") is not None
        session.execute(update(DeliveryEvent).values(state=int(EventState.FOLDED)))
    for _ in range(3):
        watching.watch(house.runtime)
    with house.runtime.transaction() as session:
        assert alarms.find_open(session, "reports.backlog", "reports") is None


# --- the watchdog outside --------------------------------------------------------------------------------------------


def test_a_sign_of_life_goes_out_only_while_the_house_works(house: House, hook: Hook) -> None:
    assert not beat(house.runtime), "nobody outside is to be told"
    configured(house, heartbeat_url=SecretStr(f"{hook.url}/ping/secret"))
    assert not beat(house.runtime) and hook.calls == []
    assert "nobody does the periodic work" in health_of(house.runtime)[0]
    with house.runtime.transaction() as session:
        leases.take_lease(session, "scheduler", "me", now=house.now, lease_s=60)
    assert health_of(house.runtime) == []
    assert beat(house.runtime)
    assert [call[0] for call in hook.calls] == ["GET /ping/secret"]


def test_a_watchdog_that_is_away_harms_nobody(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    configured(house, heartbeat_url=SecretStr("http://127.0.0.1:9/ping/secret"))
    with house.runtime.transaction() as session:
        leases.take_lease(session, "worker", "me", now=house.now, lease_s=60)
    assert not beat(house.runtime)
    assert "secret" not in capsys.readouterr().err
