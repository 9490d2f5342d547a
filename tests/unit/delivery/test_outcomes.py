"""Weighing reports: in any order, however often, the strongest stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.models import Outcome
from delivery.reports.outcomes import PRECEDENCE, Evidence, fold_outcome, mm_status

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MM_STATUSES = (
    "Expired", "Retrieved", "Rejected", "Indeterminate", "Forwarded", "Unrecognised", "Deferred", "DeliveryConditionNotMet",
    "Processing", "Cancelled", "Replaced", "Delivered", "Reserved", "System Rejected", "Recipient Rejected",
)  # fmt: skip
"""MMStatus values seen: the first eight are the schema's, the rest are real servers'."""

reports = st.lists(
    st.tuples(
        st.sampled_from([*MM_STATUSES, "Lost in space", ""]).map(lambda status: mm_status(status).outcome),
        st.integers(0, 50).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    ),
    max_size=8,
)
beginnings = st.sampled_from([Outcome.PENDING, Outcome.SUBMITTED, Outcome.UNKNOWN, Outcome.NO_REPORT, Outcome.FAILED, Outcome.CANCELLED])


@given(beginnings, reports, st.data())
def test_order_and_repetition_make_no_difference(begin: Outcome, sent: list[tuple[Outcome | None, datetime]], data: st.DataObject) -> None:
    known = Evidence(begin)
    expected = fold_outcome(known, sent)
    again = data.draw(st.permutations([*sent, *data.draw(st.lists(st.sampled_from(sent), max_size=5))] if sent else []))
    assert fold_outcome(known, again) == expected


@given(beginnings, reports, reports)
def test_folding_in_two_steps_is_folding_in_one(begin: Outcome, first: list[tuple[Outcome | None, datetime]], second: list[tuple[Outcome | None, datetime]]) -> None:
    known = Evidence(begin)
    assert fold_outcome(fold_outcome(known, first), second) == fold_outcome(known, [*first, *second])


@given(beginnings, reports)
def test_a_report_never_weakens(begin: Outcome, sent: list[tuple[Outcome | None, datetime]]) -> None:
    assert PRECEDENCE.index(fold_outcome(Evidence(begin), sent).outcome) >= PRECEDENCE.index(begin)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("Retrieved", Outcome.RETRIEVED),
        ("retrieved ", Outcome.RETRIEVED),
        ("Delivered", Outcome.RETRIEVED),
        ("System Rejected", Outcome.REJECTED),
        ("SystemRejected", Outcome.REJECTED),
        ("Recipient Rejected", Outcome.REJECTED),
        ("Expired", Outcome.EXPIRED),
        ("Unrecognised", Outcome.FAILED),
        ("Indeterminate", Outcome.UNKNOWN),
        ("Reserved", Outcome.UNKNOWN),
        ("Cancelled", Outcome.CANCELLED),
    ],
)
def test_what_a_final_status_makes_of_a_submitted_delivery(status: str, outcome: Outcome) -> None:
    assert fold_outcome(Evidence(Outcome.SUBMITTED), [(mm_status(status).outcome, NOON)]) == Evidence(outcome, NOON)


@pytest.mark.parametrize("status", ["Deferred", "Forwarded", "Processing", "Replaced"])
def test_an_interim_status_moves_nothing(status: str) -> None:
    assert fold_outcome(Evidence(Outcome.NO_REPORT), [(mm_status(status).outcome, NOON)]) == Evidence(Outcome.NO_REPORT)


def test_a_report_after_no_report_counts_and_is_late() -> None:
    assert fold_outcome(Evidence(Outcome.NO_REPORT), [(Outcome.RETRIEVED, NOON)]) == Evidence(Outcome.RETRIEVED, NOON, late=True)


def test_the_earliest_time_of_the_same_outcome_stands() -> None:
    later = NOON + timedelta(hours=1)
    assert fold_outcome(Evidence(Outcome.SUBMITTED), [(Outcome.RETRIEVED, later), (Outcome.EXPIRED, NOON), (Outcome.RETRIEVED, NOON)]).at == NOON


def test_an_undocumented_status_is_unknown_and_says_so() -> None:
    assert mm_status("Teleported").outcome is Outcome.UNKNOWN
    assert not mm_status("Teleported").documented


def test_every_status_that_the_codec_names_is_in_the_table() -> None:
    assert [name for name in MM_STATUSES if not mm_status(name).documented] == []


def test_every_outcome_has_its_place() -> None:
    assert sorted(PRECEDENCE) == sorted(Outcome)
