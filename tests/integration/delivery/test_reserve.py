"""No paper by the hour of approval: the alarm, and the reserve edition that stands by until the paper is there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.models import Edition, EditionVersion, Publication
from delivery.dispatch import planning as dispatches
from delivery.dispatch import reserve
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.models import Dispatch
from delivery.sending import sweeps
from huabao.alarms import Alarm
from huabao.runtime import Runtime
from tests.services.clocks import at, local
from tests.services.delivering import World, add_port, build_world, manuscript, peer, work

DAY = date(2026, 11, 22)


def with_reserve(runtime: Runtime, *, reserve_too: bool = True) -> World:
    """A paper of 06:30 whose only edition is weeks old and stands by."""
    old = at(runtime, "2026-11-01T05:00")
    world = build_world(old, readers=3, stale_after_s=12 * 3600.0, issue_date=DAY - timedelta(days=21))
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window="06:30-08:00", reserve_edition_id=world.edition_id if reserve_too else None))
    return world


def todays_paper(runtime: Runtime, world: World) -> str:
    with runtime.transaction() as session:
        edition = Edition(publication_id=world.publication_id, number="today", kind="newspaper", state="draft", created_at=runtime.now())
        session.add(edition)
        session.flush()
        version = EditionVersion(
            edition_id=edition.id, version=1, title="早报", issue_date=DAY, manuscript=manuscript("paper", DAY).to_document(), source_sha256="1" * 64,
            created_at=runtime.now(), created_by="test",
        )  # fmt: skip
        session.add(version)
        session.flush()
        edition.current_version_id = version.id
    return "paper/today"


def alarm(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.text).where(Alarm.kind == reserve.ALARM, Alarm.closed_at.is_(None))))


def states(runtime: Runtime) -> list[tuple[int, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(one.edition_id, one.state) for one in session.scalars(select(Dispatch).order_by(Dispatch.id))]


def test_the_reserve_goes_out_when_no_paper_comes(runtime: Runtime, tmp_path: Path) -> None:
    world = with_reserve(runtime)
    with peer(tmp_path / "kept") as mmsc:
        early, due, open_now = (at(runtime, f"2026-11-22T{when}") for when in ("05:40", "05:46", "06:31"))
        add_port(early, mmsc.url)
        reserve.stand_by(early)
        assert (alarm(early), work(early)) == ([], 0)
        for _ in range(2):
            reserve.stand_by(due)
        (said,) = alarm(due)
        assert "no approved paper for today, its reserve edition stands by" in said
        assert work(due) == 1
        reserve.stand_by(due)
        assert work(due) == 0
        assert states(due) == [(world.edition_id, "planned")]
        sweeps.start_due(open_now)
        work(open_now)
        assert states(open_now) == [(world.edition_id, "draining")]
        with open_now.transaction(read_only=True) as session:
            found = proof.counts(session, 1)
        assert (found.excluded, found.outcomes["submitted"]) == ({}, 3), "a reserve is as fresh as its dispatch"


def test_a_paper_that_is_approved_and_not_dispatched_is_called_so(runtime: Runtime) -> None:
    world = with_reserve(runtime, reserve_too=False)
    due = at(runtime, "2026-11-22T05:46")
    todays_paper(due, world)
    with due.transaction() as session:
        session.execute(update(Edition).where(Edition.number == "today").values(state="approved"))
    reserve.stand_by(due)
    (said,) = alarm(due)
    assert "today is approved and not dispatched (`huabao dispatch start" in said


def test_the_reserve_is_taken_back_when_the_paper_comes(runtime: Runtime) -> None:
    world = with_reserve(runtime)
    due, later, open_now = (at(runtime, f"2026-11-22T{when}") for when in ("05:46", "06:10", "06:31"))
    add_port(due, "http://127.0.0.1:1/")
    reserve.stand_by(due)
    assert work(due) == 1
    dispatches.create(later, Request(todays_paper(later, world), start_at=local("2026-11-22T06:30")), actor="mei")
    reserve.stand_by(later)
    assert alarm(later) == []
    sweeps.start_due(open_now)
    assert [state for _, state in states(open_now)] == ["cancelled", "sending"]


def test_a_paper_that_is_there_in_time_raises_nothing(runtime: Runtime) -> None:
    world = with_reserve(runtime)
    early, due = at(runtime, "2026-11-22T05:00"), at(runtime, "2026-11-22T05:46")
    add_port(early, "http://127.0.0.1:1/")
    dispatches.create(early, Request(todays_paper(early, world), start_at=local("2026-11-22T06:30")), actor="mei")
    reserve.stand_by(due)
    assert (alarm(due), work(due)) == ([], 0)


@pytest.mark.parametrize("ports", [True, False])
def test_without_a_reserve_or_a_port_a_person_is_called(runtime: Runtime, ports: bool) -> None:
    with_reserve(runtime, reserve_too=not ports)
    due = at(runtime, "2026-11-22T05:46")
    if ports:
        add_port(due, "http://127.0.0.1:1/")
    reserve.stand_by(due)
    work(due)
    with due.transaction(read_only=True) as session:
        said = {one.kind: one.text for one in session.scalars(select(Alarm))}
    if ports:
        assert "it has no reserve edition" in said[reserve.ALARM]
    else:
        assert "port add" in said["editions.reserve_failed"]
    assert states(due) == []
