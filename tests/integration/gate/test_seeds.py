"""Seeds first: what their reports say decides about the rest. A real MMSC answers and reports."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from delivery.dispatch.seeds import add_seeds, companion_of
from delivery.dispatch.steering import block, let_go, steer
from delivery.dispatch.thresholds import RAMP_WAIT_S, SEED_LEAD_S, SEED_WAIT_S
from delivery.models import Dispatch, DispatchTransition
from delivery.sending.sweeps import start_due
from huabao.errors import StoreError, UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers import services
from subscribers.models import ReaderServiceMonth
from subscribers.segments import parse_rule
from tests.integration.gate.ground import LARGE, LARGE_READERS, SMALL, SMALL_READERS, TESTS, bad, gate, members, set_to, silent
from tests.services.delivering import number_of, settle

READERS = len(SMALL_READERS) + len(LARGE_READERS)


def test_good_seeds_let_the_bulk_go(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        one.start()
        assert one.row.state == "seeding"
        one.until("closed")
        assert one.outcomes() == {"retrieved": READERS}
        with runtime.transaction(read_only=True) as session:
            companion = companion_of(session, one.id)
            states = session.scalars(select(DispatchTransition.after).where(DispatchTransition.dispatch_id == one.id).order_by(DispatchTransition.id)).all()
            months = session.scalar(select(func.count()).select_from(ReaderServiceMonth))
        assert states == ["draft", "planned", "seeding", "released", "sending", "draining", "verified", "closed"]
        assert companion is not None
        assert (companion.kind, companion.lane, companion.planned) == ("seed", "seed", 2)
        settle(runtime, until=lambda: _closed(runtime, companion.id))
        assert one.outcomes(companion.id) == {"retrieved": 2}
        assert months == READERS, "test handsets stand in no statistics"
        assert sorted(one.mmsc.recipients()) == sorted([*TESTS, *map(number_of, (*SMALL_READERS, *LARGE_READERS))])
        assert one.problems() == []


def _closed(runtime: Runtime, dispatch_id: int) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state == "closed"


def test_nobody_else_gets_it_before_the_seeds_have_said_so(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path, *map(silent, TESTS)) as one:
        one.start()
        settle(runtime, until=lambda: len(one.mmsc.recipients()) == len(TESTS))
        settle(runtime, until=lambda: set(one.seen().values()) == {"silent"})
        assert one.row.state == "seeding"
        assert one.overview.waits_for.startswith("the seeds' reports")
        assert sorted(one.mmsc.recipients()) == sorted(TESTS)
        assert one.outcomes() == {"pending": READERS}


def test_a_member_gets_one_copy_and_counts_once(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        members(runtime, "panel", 5, 6, 1007, 999_999)
        one.start("panel")
        assert [(batch.lane, batch.size) for batch in one.batches(stage=0)] == [("seed", 2), ("seed", 1)]
        assert one.overview.companion_id is None
        one.until("closed")
        assert one.outcomes() == {"retrieved": READERS}
        assert [one.copies(number_of(reader)) for reader in (5, 6, 1007, 8)] == [1, 1, 1, 1]
        assert one.problems() == []


def test_a_segment_may_be_a_group(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        with runtime.transaction() as session:
            services.add_segment(session, "large", parse_rule({"field": "handset_class", "op": "eq", "value": LARGE}, "test"), by="test", at=runtime.now())
            add_seeds(session, "panel", [MSISDN(number_of(9))], segment="large", by="test", at=runtime.now())
        one.start("panel")
        assert sum(batch.size for batch in one.batches(stage=0)) == len(LARGE_READERS) + 1


def test_a_test_handset_that_ordered_the_paper_is_a_member(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        with runtime.transaction() as session:
            add_seeds(session, "house", [MSISDN(number_of(7))], by="test", at=runtime.now())
        one.start()
        assert [batch.size for batch in one.batches(stage=0)] == [1]
        one.until("closed")
        assert one.copies(number_of(7)) == 1


def test_a_bad_seed_holds_its_class_and_no_other(runtime: Runtime, tmp_path: Path) -> None:
    small = next(iter(TESTS))
    with gate(runtime, tmp_path, bad(small)) as one:
        one.start()
        settle(runtime, until=lambda: one.outcomes().get("retrieved") == len(LARGE_READERS))
        assert one.outcomes() == {"retrieved": len(LARGE_READERS), "pending": len(SMALL_READERS)}
        assert one.row.state == "sending"
        (brake,) = one.overview.brakes
        assert (brake.scope, brake.key, brake.readers, brake.by) == ("handset_class", SMALL, len(SMALL_READERS), "huabao")
        assert "139****0001" in brake.reason
        assert small not in brake.reason
        assert one.alarms()["delivery.brake"][0] == 1
        let_go(runtime, brake.id, by="王敏", reason="that phone is broken, the paper is not")
        one.until("closed")
        assert one.outcomes() == {"retrieved": READERS}
        assert "delivery.brake" not in one.alarms()
        assert one.problems() == []
        with pytest.raises(StoreError, match="released already"):
            let_go(runtime, brake.id, by="王敏", reason="twice")


@pytest.mark.parametrize("magazine", [False, True], ids=["paper", "magazine"])
def test_silent_seeds_ramp_a_paper_and_hold_a_magazine(runtime: Runtime, tmp_path: Path, magazine: bool) -> None:
    """One seed of each class answers, another of each is asleep."""
    set_to(runtime, RAMP_WAIT_S, 3600.0)
    with gate(runtime, tmp_path, silent(number_of(5)), silent(number_of(1005)), magazine=magazine) as one:
        members(runtime, "panel", 5, 6, 1005, 1006)
        one.start("panel")
        settle(runtime, until=lambda: list(one.seen().values()).count("retrieved") == 2)
        assert one.row.state == "seeding"
        set_to(runtime, SEED_LEAD_S, 0.0)
        set_to(runtime, SEED_WAIT_S, 0.0)
        if magazine:
            one.until("held")
            assert "2 of 4 seeds retrieved" in one.alarms()["delivery.gate"][1]
            assert one.alarms()["delivery.gate"][0] == 1
            assert len(one.mmsc.recipients()) == 4
            assert steer(runtime, one.id, "release", by="王敏", reason="the two are on a plane") == "sending"
            assert "delivery.gate" not in one.alarms()
            settle(runtime, until=lambda: one.outcomes().get("retrieved") == READERS - 2)
            with runtime.transaction(read_only=True) as session:
                change = session.scalars(select(DispatchTransition).where(DispatchTransition.before == "held")).one()
            assert (change.by, change.reason) == ("王敏", "the two are on a plane")
        else:
            one.until("sending")
            assert one.row.stage == 1
            settle(runtime, until=lambda: not [batch for batch in one.batches(stage=1) if batch.state != "done"])
            assert len(one.mmsc.recipients()) == 4 + 2, "one reader in a hundred of each class, at least one"
            assert one.outcomes()["pending"] == READERS - 6
            assert "delivery.gate" not in one.alarms()
        assert one.problems() == []


def test_reports_that_come_after_all_lift_the_hold(runtime: Runtime, tmp_path: Path) -> None:
    late = [f'{{when: {{recipient: "{number}"}}, do: {{delay_ms: 1500}}}}' for number in TESTS]
    set_to(runtime, SEED_WAIT_S, 0.0)
    with gate(runtime, tmp_path, *late) as one:
        one.start()
        one.until("held")
        assert "0 of 2 seeds retrieved" in one.alarms()["delivery.gate"][1]
        one.until("closed")
        assert one.outcomes() == {"retrieved": READERS}
        assert "delivery.gate" not in one.alarms()


def test_what_a_person_holds_stays_held(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        one.start()
        steer(runtime, one.id, "hold", by="王敏", reason="wait for the chief editor")
        settle(runtime, until=lambda: set(one.seen().values()) == {"retrieved"})
        assert one.row.state == "held"
        assert one.outcomes() == {"pending": READERS}
        steer(runtime, one.id, "release", by="王敏", reason="he came")
        one.until("closed")


def test_a_class_that_is_blocked_is_asked_for_nothing(runtime: Runtime, tmp_path: Path) -> None:
    """No small handset answers; the duty editor stops that class, the rest goes by itself."""
    small = next(iter(TESTS))
    set_to(runtime, SEED_WAIT_S, 0.0)
    with gate(runtime, tmp_path, silent(small), magazine=True) as one:
        one.start()
        one.until("held")
        made = block(runtime, one.id, SMALL, by="王敏", reason="no small handset answers")
        assert made.readers == len(SMALL_READERS)
        settle(runtime, until=lambda: one.outcomes().get("retrieved") == len(LARGE_READERS))
        assert one.outcomes()["pending"] == len(SMALL_READERS)
        assert "delivery.brake" not in one.alarms(), "a person knows what he did"


def test_a_kill_in_the_middle_stops_the_seeds_too(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path, *map(silent, TESTS)) as one:
        members(runtime, "panel", 5, 1005)
        with runtime.transaction() as session:
            for number, handset_class in TESTS.items():
                add_seeds(session, "house", [MSISDN(number)], handset_class=handset_class, by="test", at=runtime.now())
            add_seeds(session, "house", [MSISDN(number_of(5))], by="test", at=runtime.now())
        one.start()
        settle(runtime, until=lambda: len(one.mmsc.recipients()) == 3)
        assert steer(runtime, one.id, "kill", by="root", reason="wrong front page") == "killed"
        settle(runtime, until=lambda: "pending" not in one.outcomes())
        assert one.outcomes()["cancelled"] == READERS - 1
        assert sorted(one.mmsc.recipients()) == sorted([*TESTS, number_of(5)])
        assert one.problems() == []
        with pytest.raises(StoreError, match="killed"):
            steer(runtime, one.id, "release", by="root", reason="no")


def test_a_group_of_nobody_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        with pytest.raises(UsageError, match="no seed group 'nobody'"):
            one.start("nobody")
        members(runtime, "strangers", 777_777)
        with pytest.raises(UsageError, match="nobody of seed group 'strangers' is in this audience"):
            one.start("strangers")


def test_seeds_go_half_an_hour_before_the_start(runtime: Runtime, tmp_path: Path) -> None:
    with gate(runtime, tmp_path) as one:
        now = runtime.now()
        one.start(start_at=now + timedelta(hours=2))
        settle(runtime, until=lambda: True)
        assert one.row.state == "planned"
    with runtime.transaction() as session:
        session.get_one(Dispatch, one.id).start_at = now + timedelta(minutes=29)
    start_due(runtime)
    assert one.row.state == "seeding"
    assert one.row.stage == 0
