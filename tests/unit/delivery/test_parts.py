"""Receipts of a text in parts: what is known depends on the set of receipts, not on their order or number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.dialects import dialect
from delivery.models import Outcome
from delivery.reports.outcomes import Evidence, fold_outcome
from delivery.reports.parts import PartReport, PartState, arrived_at, weigh

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STATS = ("DELIVRD", "EXPIRED", "UNDELIV", "REJECTD", "ENROUTE", "UNKNOWN")

Receipts = list[tuple[int, str, int]]
receipts = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(STATS), st.integers(0, 5)), max_size=12)


def meaning(status: str) -> Outcome | None:
    return dialect("smpp").receipt(status).outcome


def fold(told: Receipts, parts: int = 3) -> Evidence:
    """As folding does it, one receipt after the other."""
    known = {number: PartState() for number in range(1, parts + 1)}
    evidence = Evidence(Outcome.SUBMITTED)
    for number, status, minute in told:
        at = NOON + timedelta(minutes=minute)
        known[number] = weigh(known[number], PartReport(1, number, status, at), meaning)
        said = meaning(status)
        if said is Outcome.RETRIEVED:
            whole = arrived_at(known, meaning)
            said, at = (None, at) if whole is None else (Outcome.RETRIEVED, whole)
        evidence = fold_outcome(evidence, [(said, at)])
    return evidence


@given(receipts, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(told: Receipts, shuffle: object) -> None:
    other = told + told[: len(told) // 2]
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    assert fold(other).outcome is fold(told).outcome


@given(receipts)
def test_it_arrived_when_all_its_parts_did(told: Receipts) -> None:
    arrived = {number for number, status, _ in told if status == "DELIVRD"}
    assert (fold(told).outcome is Outcome.RETRIEVED) == (arrived == {1, 2, 3})


@given(receipts)
def test_one_part_that_did_not_come_is_a_failure_until_it_comes(told: Receipts) -> None:
    failed = [number for number, status, _ in told if status in ("EXPIRED", "UNDELIV", "REJECTD")]
    outcome = fold(told).outcome
    if failed and outcome is not Outcome.RETRIEVED:
        assert outcome in (Outcome.EXPIRED, Outcome.FAILED, Outcome.REJECTED)


def test_the_whole_arrived_with_its_last_part() -> None:
    assert fold([(2, "DELIVRD", 1), (1, "DELIVRD", 5), (3, "DELIVRD", 2)]).at == NOON + timedelta(minutes=5)
    assert fold([(1, "DELIVRD", 5), (3, "DELIVRD", 2), (2, "DELIVRD", 1)]).at == NOON + timedelta(minutes=5)
