"""What the recount says of a delivery, case by case."""

from __future__ import annotations

import itertools

import pytest

from delivery.ledger.cases import ELSEWHERE, NOWHERE, SAYINGS, THERE, Case, fault
from delivery.models import Outcome
from delivery.sending.journal import LIVE_STATES


def said(*outcomes: Outcome | None) -> int:
    return sum(1 << SAYINGS.index(one) for one in outcomes)


def case(outcome: int = Outcome.SUBMITTED, state: str = "accepted", told: int = 0, *, times: int = 1, bound: int = THERE, refused: bool = False, awaits: bool = False) -> Case:
    return Case(int(outcome), times, state, bound, refused, awaits, told)


@pytest.mark.parametrize(
    "one",
    [
        case(),
        case(Outcome.NO_REPORT),
        case(Outcome.REJECTED, "refused"),
        case(Outcome.UNKNOWN, "unknown"),
        case(Outcome.PENDING, "leaving", bound=NOWHERE),
        case(Outcome.PENDING, times=0, bound=NOWHERE),
        case(Outcome.CANCELLED, times=0, bound=NOWHERE),
        case(Outcome.REJECTED, "partial", refused=True),
        case(Outcome.RETRIEVED, told=said(Outcome.RETRIEVED)),
        case(Outcome.RETRIEVED, told=said(Outcome.EXPIRED, Outcome.RETRIEVED, None)),
        case(Outcome.SUBMITTED, told=said(None)),
        case(Outcome.PENDING, "unknown", awaits=True),
        case(Outcome.RETRIEVED, "leaving", said(Outcome.RETRIEVED), times=2),
        case(Outcome.CANCELLED, told=said(Outcome.CANCELLED)),
    ],
)
def test_what_stands(one: Case) -> None:
    assert fault(one) is None


@pytest.mark.parametrize(
    ("one", "wrong"),
    [
        (case(77), "with the outcome 77, which does not exist"),
        (case(times=0, bound=NOWHERE), "called submitted, though in no submission"),
        (case(Outcome.PENDING, times=0, bound=ELSEWHERE), "called pending, though in no submission"),
        (case(Outcome.PENDING, times=0, bound=NOWHERE, told=said(Outcome.RETRIEVED)), "called pending, though in no submission"),
        (case(Outcome.SUBMITTED, "leaving"), "called submitted, though the answer is awaited"),
        (case(bound=NOWHERE), "bound to another submission than the journal's"),
        (case(bound=ELSEWHERE), "bound to another submission than the journal's"),
        (case(Outcome.RETRIEVED), "called retrieved, though answer and reports say submitted"),
        (case(told=said(Outcome.EXPIRED)), "called submitted, though answer and reports say expired"),
        (case(Outcome.SUBMITTED, "partial", refused=True), "called submitted, though answer and reports say rejected"),
        (case(Outcome.PENDING, "unknown"), "called pending, though answer and reports say unknown"),
        (case(Outcome.NO_REPORT, "refused"), "called no_report, though answer and reports say rejected"),
    ],
)
def test_what_does_not(one: Case, wrong: str) -> None:
    assert fault(one) == wrong


def test_one_outcome_stands_in_each_case() -> None:
    """Of a reader in one answered submission exactly one outcome is right, but for no_report beside submitted."""
    for state, refused, told in itertools.product(set(LIVE_STATES) - {"leaving"}, (False, True), range(1 << len(SAYINGS))):
        right = [one for one in Outcome if fault(case(one, state, told, refused=refused)) is None]
        assert right in ([Outcome.SUBMITTED, Outcome.NO_REPORT], right[:1]), (state, refused, told)
