"""Steps that go on when the former looks healthy, and a brake that holds only what fails. A real MMSC answers and reports."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from delivery import lifecycle
from delivery.dispatch import brake as brakes
from delivery.dispatch import curves, lately, ramp, vitals
from delivery.dispatch.snapshot import LAST_STAGE
from delivery.dispatch.steering import block, give_up, let_go, steer
from delivery.dispatch.thresholds import (
    BRAKE_CURVE_READERS_MIN,
    BRAKE_READERS_MIN,
    BRAKE_WINDOW_S,
    RAMP_FIRST_SHARE,
    RAMP_READERS_MIN,
    RAMP_SECOND_SHARE,
    RAMP_WAIT_S,
)
from delivery.models import Brake, Dispatch, DispatchTransition, Submission
from huabao.errors import StoreError, UsageError
from huabao.ids import pack_ids, unpack_ids
from huabao.runtime import Runtime
from tests.integration.gate.ground import LARGE, LARGE_READERS, SMALL, SMALL_READERS, Gate, gate, set_to
from tests.services.clocks import moved
from tests.services.delivering import add_port, number_of, settle

READERS = len(SMALL_READERS) + len(LARGE_READERS)
SECOND = '{when: {vasp_id: "second"}, do: {code: 4004}}'


@pytest.fixture(autouse=True)
def _small_steps(runtime: Runtime) -> None:
    """Steps of a third and two thirds, no waiting, few readers are enough to judge by."""
    for setting, value in ((RAMP_READERS_MIN, 50), (RAMP_FIRST_SHARE, 0.34), (RAMP_SECOND_SHARE, 0.67), (RAMP_WAIT_S, 0.0), (BRAKE_READERS_MIN, 8), (BRAKE_WINDOW_S, 600.0)):
        set_to(runtime, setting, value)


def pulled(one: Gate) -> set[tuple[str, str]]:
    with one.runtime.transaction(read_only=True) as session:
        return {(row.scope, row.key) for row in session.scalars(select(Brake))}


def test_three_steps(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        add_port(runtime, one.mmsc.url, name="second", max_recipients=1)
        one.start(None)
        assert one.row.stage == 1
        parts = Counter[tuple[int, int, str]]()
        for batch in one.batches():
            parts[batch.stage, batch.port_id, batch.handset_class] += batch.size
        assert {(port, name) for _, port, name in parts} == {(port, name) for stage, port, name in parts if stage == 1}, "the first step is on every port and class"
        for _, port, name in parts:
            whole = sum(parts[stage, port, name] for stage in (1, 2, 3))
            assert parts[1, port, name] == -(-whole * 34 // 100)
            assert parts[1, port, name] + parts[2, port, name] == -(-whole * 67 // 100)
        first = {reader for batch in one.batches(stage=1) for reader in unpack_ids(batch.reader_ids)}
        settle(runtime, until=lambda: len(one.mmsc.recipients()) == len(first))
        assert sorted(one.mmsc.recipients()) == sorted(map(number_of, first))
        one.until("draining", "closed")
        with runtime.transaction(read_only=True) as session:
            notes = session.scalars(select(DispatchTransition.reason).where(DispatchTransition.before == DispatchTransition.after).order_by(DispatchTransition.id)).all()
        assert [note.split(";")[1] for note in notes] == [" step 2 goes", " step 3 goes"]
        assert one.row.stage == LAST_STAGE
        assert one.problems() == []


def test_a_step_waits_for_the_one_before(runtime: Runtime, tmp_path: Path) -> None:
    set_to(runtime, RAMP_WAIT_S, 3600.0)
    with gate(runtime, tmp_path) as one:
        one.start(None)
        settle(runtime, until=lambda: all(batch.state == "done" for batch in one.batches(stage=1)))
        ramp.climb(runtime)
        assert one.row.stage == 1, "it is watched for an hour"
        with runtime.transaction() as session:
            found = session.get_one(Dispatch, one.id)
            found.gate = {**found.gate, "stage_at": (runtime.now() - timedelta(hours=2)).isoformat()}
        ramp.climb(runtime)
        assert one.row.stage == 2
        ramp.climb(runtime)
        assert one.row.stage == 2, "its batches have not left"


def test_a_small_dispatch_goes_at_once(runtime: Runtime, tmp_path: Path) -> None:
    set_to(runtime, RAMP_READERS_MIN, READERS + 1)
    with gate(runtime, tmp_path) as one:
        one.start(None)
        assert {batch.stage for batch in one.batches()} == {LAST_STAGE} == {one.row.stage}


def test_a_port_that_refuses_is_held_and_the_other_goes_on(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path, SECOND) as one:
        add_port(runtime, one.mmsc.url, name="second", max_recipients=1, options={"vasp_id": "second"})
        one.start(None)
        settle(runtime, until=lambda: one.row.stage == LAST_STAGE and not [batch for batch in one.batches(held=None) if batch.state != "done"])
        assert pulled(one) == {("port", "second")}
        assert one.alarms()["delivery.brake"][0] == 1
        assert "port second" in one.alarms()["delivery.brake"][1]
        outcomes = one.outcomes()
        held = sum(batch.size for batch in one.batches(state="ready"))
        assert outcomes["pending"] == held > 0
        assert 0 < outcomes["rejected"] < held, "it was stopped in the first step"
        assert one.row.state == "sending"
        (brake,) = one.overview.brakes
        let_go(runtime, brake.id, by="王敏", reason="the contract is mended")
        vitals.watch(runtime)
        assert pulled(one) == {("port", "second")}, "what was sent before says nothing any more"
        assert [one.released_at is None for one in one.overview.brakes] == [False]
        steer(runtime, one.id, "kill", by="root", reason="enough")
        settle(runtime, until=lambda: "pending" not in one.outcomes())
        assert one.problems() == []


def test_what_a_brake_holds_may_be_given_up(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        set_to(runtime, RAMP_WAIT_S, 3600.0)
        one.start(None)
        brake = block(runtime, one.id, SMALL, by="王敏", reason="garbled")
        with pytest.raises(UsageError, match=LARGE):
            block(runtime, one.id, "100kb-240x320", by="王敏", reason="nobody reads there")
        set_to(runtime, RAMP_WAIT_S, 0.0)
        settle(runtime, until=lambda: one.outcomes().get("retrieved") == len(LARGE_READERS))
        give_up(runtime, brake.id, by="王敏", reason="they get the next one")
        one.until("closed")
        assert one.outcomes() == {"retrieved": len(LARGE_READERS), "cancelled": len(SMALL_READERS)}
        assert one.problems() == []
        with pytest.raises(StoreError, match="nothing of it is left"):
            block(runtime, one.id, LARGE, by="王敏", reason="too late")


def test_a_class_whose_handsets_refuse_is_held_for_all_steps(runtime: Runtime, tmp_path: Path) -> None:
    refuses = '{when: {recipient: "138000000??"}, do: {status: Rejected, delay_ms: 0}}'
    set_to(runtime, RAMP_WAIT_S, 3.0)
    with gate(runtime, tmp_path, refuses) as one:
        one.start(None)
        settle(runtime, until=lambda: one.outcomes().get("retrieved") == len(LARGE_READERS))
        assert pulled(one) == {("handset_class", SMALL)}
        assert "refused it at once" in one.overview.brakes[0].reason
        outcomes = one.outcomes()
        assert outcomes["pending"] + outcomes["rejected"] == len(SMALL_READERS)
        assert outcomes["pending"] >= len(SMALL_READERS) // 3


def test_two_brakes_on_one_batch(runtime: Runtime, tmp_path: Path) -> None:
    """A batch that two brakes fit leaves only after both were released."""
    with gate(runtime, tmp_path) as one:
        set_to(runtime, RAMP_FIRST_SHARE, 0.0)
        set_to(runtime, RAMP_SECOND_SHARE, 0.0)
        one.start(None)
        first = block(runtime, one.id, SMALL, by="王敏", reason="one")
        with runtime.transaction() as session:
            second = brakes.pull(session, lifecycle.lock_dispatch(session, one.id), "port", "main", reason="two", by="王敏", at=runtime.now())
        assert {batch.held for batch in one.batches()} == {f"brake {first.id}: one", f"brake {second.id}: two"}
        let_go(runtime, first.id, by="王敏", reason="fine")
        assert {batch.held for batch in one.batches()} == {f"brake {second.id}: two"}
        settle(runtime, until=lambda: True)
        assert one.mmsc.recipients() == []
        let_go(runtime, second.id, by="王敏", reason="fine too")
        one.until("closed")
        assert one.problems() == []


def earlier(runtime: Runtime, one: Gate, *shares: float) -> None:
    """So many same weekdays before, on each of which this share had retrieved it at every age."""
    with runtime.transaction() as session:
        today = session.get_one(Dispatch, one.id)
        for week, share in enumerate(shares, 1):
            curve = curves.Curve([share] * len(curves.AGES_S), {}, {}).to_document()
            at = today.created_at - timedelta(weeks=week)
            values: dict[str, Any] = {"edition_id": today.edition_id, "edition_version_id": today.edition_version_id, "service_id": "paper", "created_by": "t"}
            session.add(Dispatch(day=today.day - timedelta(weeks=week), state="closed", start_at=at, created_at=at, closed_at=at, gate={"curve": curve}, **values))


def test_readers_who_retrieve_less_than_usual_at_their_age(runtime: Runtime, tmp_path: Path) -> None:
    set_to(runtime, BRAKE_CURVE_READERS_MIN, 5)
    set_to(runtime, RAMP_WAIT_S, 3600.0)
    silent = '{when: {recipient: "138000010??"}, do: {delay_ms: 600000}}'
    with gate(runtime, tmp_path, silent) as one:
        one.start(None)
        settle(runtime, until=lambda: one.outcomes().get("retrieved", 0) >= 14 and one.outcomes().get("submitted", 0) >= 11)
        soon = moved(runtime, seconds=90)
        vitals.watch(soon)
        assert pulled(one) == set(), "nothing is known of earlier days"
        earlier(runtime, one, 0.9)
        vitals.watch(soon)
        assert pulled(one) == set(), "one day is no custom"
        earlier(runtime, one, 0.0, 0.9, 0.9, 0.9)
        vitals.watch(soon)
        assert pulled(one) == {("handset_class", LARGE)}
        assert "after 1 min 0% of what 4 earlier same weekdays had retrieved" in one.overview.brakes[0].reason


def test_a_curve_is_kept_when_a_dispatch_closes(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        one.start(None)
        one.until("closed")
        kept = one.row.gate["curve"]
        assert kept["all"] == [1.0] * len(curves.AGES_S)
        assert kept["handset_class"].keys() == {SMALL, LARGE}
        assert kept["port"].keys() == {"main"}


def test_submissions_are_found_by_time(runtime: Runtime) -> None:
    begin = datetime(2026, 11, 22, tzinfo=UTC)
    ids = [3, 4, 9, 10, 11, 40]
    with runtime.transaction() as session:
        for place, one in enumerate(ids):
            session.add(
                Submission(
                    id=one, dispatch_id=1, day=begin.date(), batch_id=1, port_id=1, variant_id=1, fence=1, transaction_id=f"t{one}", recipients=1, reader_ids=pack_ids([one]),
                    state="accepted", written_at=begin + timedelta(seconds=10 * place),
                )
            )  # fmt: skip
        session.flush()
        for second in range(-5, 60):
            at = begin + timedelta(seconds=second)
            later = [one for place, one in enumerate(ids) if 10 * place >= second]
            found = lately.first_id(session, at, 40)
            assert [one for one in ids if one >= found] == later
        span = lately.span_between(session, 1, begin + timedelta(seconds=10), begin + timedelta(seconds=31))
        assert span is not None
        assert [one for one in ids if span.first <= one <= span.last] == [4, 9, 10]
        assert lately.span_between(session, 2, begin, begin + timedelta(hours=1)) is None
