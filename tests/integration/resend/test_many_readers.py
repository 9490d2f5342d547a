"""An edition once more to all whom a filter finds: counted, sent at its own rate, stopped in the middle, proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from content.models import Publication
from delivery.dispatch import pacing
from delivery.dispatch.progress import port_rate, progress
from delivery.dispatch.steering import steer
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Exclusion, Outcome, Port, Submission, deliveries
from delivery.resend import bulk
from delivery.resend.bulk import BulkAnswer, Demand, Tally
from delivery.resend.filters import filter_of
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.resend.ground import (
    ask,
    asked,
    call_sent,
    change_order,
    change_reader,
    dispatch,
    outcomes,
    plan_paper,
    problems,
    send_paper,
    sent,
    set_outcomes,
    state,
)
from tests.services.delivering import Peer, World, add_port, add_readers, build_world, number_of, peer, settle, work

EXPIRED, FAILED, RETRIEVED, REJECTED = (int(one) for one in (Outcome.EXPIRED, Outcome.FAILED, Outcome.RETRIEVED, Outcome.REJECTED))


@pytest.fixture
def mmsc(tmp_path: Path) -> Iterator[Peer]:
    with peer(tmp_path / "kept") as running:
        yield running


def paper(runtime: Runtime, url: str) -> World:
    """Forty readers of a paper: 1–10 in 合肥, 31–40 on small screens."""
    made = build_world(runtime, readers=40)
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id <= 10).values(city="合肥"))
        session.execute(update(Reader).where(Reader.id > 30).values(handset_class="30kb-128x160"))
    add_port(runtime, url)
    return made


@pytest.fixture
def world(runtime: Runtime) -> World:
    """The paper, and all of it called sent."""
    made = paper(runtime, "http://127.0.0.1:1/")
    assert call_sent(runtime, plan_paper(runtime, made)) == 1
    return made


@pytest.fixture
def live_world(runtime: Runtime, mmsc: Peer) -> World:
    """The paper, sent through a real MMSC."""
    made = paper(runtime, mmsc.url)
    assert send_paper(runtime, made) == 1
    return made


def demand(**said: Any) -> Demand:
    return Demand(filter_of({"edition": "paper/1", **said}), "incident of the morning")


def count(runtime: Runtime, **said: Any) -> Tally:
    return bulk.tally(runtime, demand(**said))


def send(runtime: Runtime, one: Demand) -> BulkAnswer:
    return bulk.resend_many(runtime, one, actor="wang")


def readers_of(runtime: Runtime, dispatch_id: int | None) -> list[int]:
    with runtime.transaction(read_only=True) as session:
        return sorted(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch_id)))


def report(runtime: Runtime, status: str, readers: list[int], **more: Any) -> None:
    """Stored reports of the first dispatch's readers, folded."""
    with runtime.transaction() as session:
        owners = {row.reader_id: row.submission_id for row in session.execute(select(deliveries.c.reader_id, deliveries.c.submission_id).where(deliveries.c.dispatch_id == 1))}
        for reader in readers:
            session.add(
                DeliveryEvent(
                    received_at=runtime.now(), port_id=1, message_id="m", number=number_of(reader), status=status, submission_id=owners[reader], reader_id=reader,
                    state=int(EventState.FOLDED), **more,
                )
            )


def test_what_is_counted_is_what_is_sent(runtime: Runtime, mmsc: Peer, live_world: World) -> None:
    report(runtime, "Expired", list(range(6, 16)))
    set_outcomes(runtime, EXPIRED, list(range(6, 16)))
    change_reader(runtime, 7, handset_class="no-mms")
    change_order(runtime, 8, state="cancelled")
    change_order(runtime, 9, stop_state="stopped")
    change_reader(runtime, 15, handset_class="30kb-128x160")
    found = count(runtime, outcomes=["expired"])
    assert (found.matched, found.planned, found.excluded, found.stopped) == (10, 8, {"handset_cannot": 1, "not_subscribed": 1}, 1)
    assert found.by["outcome"] == {"expired": 8}
    assert found.by["port"] == {"main": 8}
    assert found.by["city"] == {"": 5, "合肥": 3}
    assert sorted(found.by["variant"].values()) == [1, 7]
    assert asked(runtime) == []

    answer = send(runtime, demand(outcomes=["expired"]))
    assert readers_of(runtime, answer.dispatch_id) == [6, 9, 10, 11, 12, 13, 14, 15]
    row = dispatch(runtime, answer.dispatch_id)
    assert (row.kind, row.lane, row.parent_id, row.audience, row.planned, row.state, row.created_by) == ("resend", "bulk", 1, 10, 8, "sending", "wang")
    with runtime.transaction(read_only=True) as session:
        left_out = session.scalars(select(Exclusion).where(Exclusion.dispatch_id == row.id)).all()
        assert {one.reader_id: one.reason for one in left_out} == {7: "handset_cannot", 8: "not_subscribed"}
        assert set(session.scalars(select(Batch.lane).where(Batch.dispatch_id == row.id))) == {"bulk"}
    settle(runtime, until=lambda: sent(runtime, row.id))
    assert outcomes(runtime, row.id) == {"submitted": 8}
    twice = sorted({number for number in mmsc.recipients() if mmsc.recipients().count(number) == 2})
    assert twice == [number_of(one) for one in (6, 9, 10, 11, 12, 13, 14, 15)]
    assert problems(runtime, mmsc) == []
    [kept] = asked(runtime)
    assert (kept.filter, kept.reason, kept.requested_by, kept.dispatch_id) == ({"edition": "paper/1", "outcomes": ["expired"]}, "incident of the morning", "wang", row.id)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "resend.send_many")).all() == ["wang"]


def test_each_part_of_a_filter_narrows(runtime: Runtime, world: World) -> None:
    set_outcomes(runtime, FAILED, [1, 2, 20, 21])
    set_outcomes(runtime, EXPIRED, [3])
    report(runtime, "Indeterminate", [5, 6], status_extension="6120")
    with runtime.transaction() as session:
        _, second = session.scalars(select(Submission.id).order_by(Submission.id).limit(2)).all()
        session.execute(update(Submission).where(Submission.id == second).values(status_code=2004, state="refused"))
        of_second = sorted(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.submission_id == second)))
        left_at = session.scalar(select(func.min(deliveries.c.submitted_at)))
        session.execute(update(deliveries).where(deliveries.c.reader_id <= 4).values(submitted_at=left_at - timedelta(hours=1)))
    assert left_at is not None
    cases: list[tuple[dict[str, Any], set[int]]] = [
        ({"outcomes": ["failed", "expired"]}, {1, 2, 3, 20, 21}),
        ({"outcomes": ["failed"], "cities": ["合肥"]}, {1, 2}),
        ({"cities": ["合肥", "芜湖"]}, set(range(1, 11))),
        ({"ports": ["main"]}, set(range(1, 41))),
        ({"codes": ["indeterminate"]}, {5, 6}),
        ({"codes": ["6120"]}, {5, 6}),
        ({"codes": [2004]}, set(of_second)),
        ({"codes": [2004, "Indeterminate"]}, {*of_second, 5, 6}),
        ({"to": left_at.isoformat()}, {1, 2, 3, 4}),
        ({"from": left_at.isoformat()}, set(range(5, 41))),
        ({"from": left_at.isoformat(), "outcomes": ["failed"]}, {20, 21}),
        ({"missing": True}, set()),
    ]
    for said, wanted in cases:
        assert count(runtime, **said).planned == len(wanted), said
    one = demand(codes=[2004, "Indeterminate"])
    assert readers_of(runtime, send(runtime, one).dispatch_id) == sorted({*of_second, 5, 6})


def test_the_newest_copy_decides_and_nobody_has_two(runtime: Runtime, world: World) -> None:
    set_outcomes(runtime, EXPIRED, [1, 2, 3, 4, 5])
    first = call_sent(runtime, send(runtime, demand(outcomes=["expired"])).dispatch_id)
    set_outcomes(runtime, RETRIEVED, [1, 2], first)
    set_outcomes(runtime, EXPIRED, [3], first)
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == first, deliveries.c.reader_id == 4).values(outcome=int(Outcome.CANCELLED)))
    again = replace(demand(outcomes=["expired"]), again=True)
    assert readers_of(runtime, send(runtime, again).dispatch_id) == [3, 4]
    everyone = bulk.tally(runtime, replace(demand(), again=True))
    assert (everyone.matched, everyone.planned) == (40, 38)
    assert everyone.excluded == {"on_its_way": 2}


def test_who_has_it_from_another_copy_is_left_out(runtime: Runtime, world: World) -> None:
    set_outcomes(runtime, RETRIEVED, [1])
    set_outcomes(runtime, EXPIRED, [1], call_sent(runtime, ask(runtime, 1).dispatch_id))
    found = bulk.tally(runtime, replace(demand(outcomes=["expired"]), again=True))
    assert (found.planned, found.excluded) == (0, {"has_it": 1})


def test_whoever_was_sent_it_lately_is_left_out(runtime: Runtime, world: World) -> None:
    call_sent(runtime, ask(runtime, 3).dispatch_id)
    found = count(runtime, cities=["合肥"])
    assert (found.planned, found.excluded) == (9, {"resent_lately": 1})
    call_sent(runtime, send(runtime, demand(cities=["合肥"])).dispatch_id)
    second = send(runtime, demand(cities=["合肥"]))
    assert (second.dispatch_id, second.refused) == (None, None)
    assert second.tally is not None
    assert second.tally.excluded == {"resent_lately": 10}
    assert ask(runtime, 4).refusal == "resent_lately"


def test_the_same_key_is_the_same_resend(runtime: Runtime, world: World) -> None:
    one = replace(demand(cities=["合肥"]), key="ticket-9")
    first, second = send(runtime, one), send(runtime, one)
    assert (second.resend_id, second.dispatch_id, second.repeated) == (first.resend_id, first.dispatch_id, True)
    with pytest.raises(UsageError, match="used for another resend"):
        send(runtime, replace(demand(), key="ticket-9"))


def test_missing_finds_those_who_never_had_one(runtime: Runtime, mmsc: Peer, live_world: World) -> None:
    add_readers(runtime, 3, service_id="paper", first=50)
    add_readers(runtime, 2, service_id="paper", first=60)
    add_readers(runtime, 2, service_id="another", first=70)
    change_order(runtime, 60, stop_state="stopped")
    change_order(runtime, 61, state="cancelled")
    change_reader(runtime, 52, handset_class="no-mms")
    found = count(runtime, missing=True)
    assert (found.planned, found.excluded, found.stopped, found.by["outcome"]) == (3, {"handset_cannot": 1}, 1, {"none": 3})
    assert count(runtime, missing=True, stopped=False).excluded == {"handset_cannot": 1, "stopped": 1}
    answer = send(runtime, demand(missing=True))
    assert readers_of(runtime, answer.dispatch_id) == [50, 51, 60]
    settle(runtime, until=lambda: sent(runtime, answer.dispatch_id or 0))
    assert outcomes(runtime, answer.dispatch_id or 0) == {"submitted": 3}
    assert count(runtime, missing=True).matched == 1
    assert problems(runtime, mmsc) == []


def test_it_is_cancelled_in_the_middle(runtime: Runtime, mmsc: Peer, live_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "STEP_S", 0.5)
    answer = send(runtime, replace(demand(), rate=20.0))
    dispatch_id = answer.dispatch_id or 0
    assert dispatch(runtime, dispatch_id).rate == 20.0
    with runtime.transaction(read_only=True) as session:
        batches = session.execute(select(Batch.size, Batch.paced_at).where(Batch.dispatch_id == dispatch_id).order_by(Batch.position)).all()
    assert max(size for size, _ in batches) == 10
    first = batches[0].paced_at
    waits = [(due - first).total_seconds() for _, due in batches]
    assert waits == [sum(size for size, _ in batches[:at]) / 20.0 for at in range(len(batches))]
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        assert progress(session, dispatch_id, now=now).forecast_finish_at == now + timedelta(seconds=2)
    work(runtime)  # what is due: the first batch and no other
    assert outcomes(runtime, dispatch_id) == {"submitted": batches[0].size, "pending": 40 - batches[0].size}
    steer(runtime, dispatch_id, "cancel", by="wang", reason="enough")
    assert outcomes(runtime, dispatch_id) == {"submitted": batches[0].size, "cancelled": 40 - batches[0].size}
    assert len(mmsc.recipients()) == 40 + batches[0].size
    assert problems(runtime, mmsc) == []


def test_after_a_pause_it_keeps_to_its_rate(runtime: Runtime, world: World) -> None:
    dispatch_id = send(runtime, replace(demand(), rate=2.0)).dispatch_id or 0
    steer(runtime, dispatch_id, "pause", by="wang")
    with runtime.transaction() as session:
        session.execute(update(Batch).where(Batch.dispatch_id == dispatch_id).values(paced_at=runtime.now() - timedelta(hours=1)))
    before = runtime.now()
    steer(runtime, dispatch_id, "resume", by="wang")
    with runtime.transaction(read_only=True) as session:
        due = session.scalars(select(Batch.paced_at).where(Batch.dispatch_id == dispatch_id).order_by(Batch.position)).all()
    assert due[0] is not None
    assert due[0] >= before
    assert [one for one in due if one is not None and one > due[0]] == due[1:]


def test_its_own_rate_is_a_share_of_its_ports(runtime: Runtime, world: World) -> None:
    with runtime.transaction(read_only=True) as session:
        whole = port_rate(session.scalars(select(Port)).one())
    assert count(runtime).rate_per_s == pytest.approx(whole * 0.5)
    assert bulk.tally(runtime, replace(demand(), rate=10 * whole)).rate_per_s == whole


def test_a_window_of_the_publication_does_not_keep_it(runtime: Runtime, world: World) -> None:
    shut = runtime.now() + timedelta(hours=12)
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window=f"{shut:%H}:00-{shut:%H}:30"))
    assert state(runtime, send(runtime, demand()).dispatch_id or 0) == "sending"


def test_a_killed_edition_goes_to_nobody(runtime: Runtime) -> None:
    made = build_world(runtime, readers=3)
    add_port(runtime, "http://127.0.0.1:1/")
    first = plan_paper(runtime, made)
    steer(runtime, first, "kill", by="wang", reason="wrong name")
    answer = send(runtime, demand(outcomes=["cancelled"]))
    assert answer.dispatch_id is None
    assert "killed by wang" in (answer.refused or "")
    assert [row.refusal for row in asked(runtime)] == ["killed"]
    assert state(runtime, first) == "killed"


def test_what_does_not_exist_is_named(runtime: Runtime, world: World) -> None:
    with pytest.raises(UsageError, match="no port 'nowhere'; there are main"):
        count(runtime, ports=["nowhere"])
    with pytest.raises(UsageError, match="say why"):
        send(runtime, replace(demand(), reason=" "))


def test_where_retention_took_the_deliveries_nobody_is_called_missing(runtime: Runtime, world: World) -> None:
    with runtime.transaction() as session:
        session.execute(delete(deliveries))
        session.execute(update(Dispatch).values(closed_at=runtime.now()))
    with pytest.raises(UsageError, match="retention took the deliveries of dispatch 1"):
        count(runtime, missing=True)
