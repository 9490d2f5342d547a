"""What is wrong with a delivery about which so much is known: the rule of the recount. No database, no clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from delivery.models import Outcome
from delivery.reports.outcomes import Evidence, fold_outcome

NOWHERE, THERE, ELSEWHERE = 0, 1, 2
"""A delivery names no submission, one that its reader is in, or another one."""

TIMES_MAX = 2
"""A reader in more live submissions than one counts as in so many."""

SAYINGS: Final[tuple[Outcome | None, ...]] = (None, *Outcome)
"""What a report can say, None for interim; what a reader's reports said together is a number with a bit for each."""

_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)

_BASE = {"accepted": Outcome.SUBMITTED, "partial": Outcome.SUBMITTED, "refused": Outcome.REJECTED, "unknown": Outcome.UNKNOWN}


class Case(NamedTuple):
    """What the rows say of a reader.

    Attributes:
        outcome: the number in his delivery.
        times: live submissions that he is in, `TIMES_MAX` for more.
        state: of the last of them; meaningless where there is none.
        bound: what his delivery names: `NOWHERE`, `THERE` or `ELSEWHERE`.
        refused: a partial answer singled him out.
        awaits: he is to be sent to once more after the last of them.
        said: what his reports made of it, as bits of `SAYINGS`.
    """

    outcome: int
    times: int
    state: str
    bound: int
    refused: bool
    awaits: bool
    said: int


def fault(case: Case) -> str | None:
    """What is wrong with the delivery, or None."""
    if not Outcome.is_known(case.outcome):
        return f"with the outcome {case.outcome}, which does not exist"
    outcome = Outcome(case.outcome)
    name = outcome.name.lower()
    if not case.times:
        if outcome in (Outcome.PENDING, Outcome.CANCELLED) and case.bound == NOWHERE and not case.said:
            return None
        return f"called {name}, though in no submission"
    if case.state == "leaving" and not (case.said and case.times > 1):  # a report of an earlier one may be there, where he was sent to once more
        return None if outcome is Outcome.PENDING else f"called {name}, though the answer is awaited"
    if case.bound != THERE:
        return "bound to another submission than the journal's"
    if case.awaits and outcome is Outcome.PENDING and not case.said:
        return None
    base = Outcome.REJECTED if case.refused else _BASE.get(case.state, Outcome.PENDING)
    said = [one for bit, one in enumerate(SAYINGS) if case.said >> bit & 1]
    expected = fold_outcome(Evidence(base, _SOME_TIME), [(one, _SOME_TIME) for one in said]).outcome
    if outcome is expected or (outcome is Outcome.NO_REPORT and expected is Outcome.SUBMITTED):
        return None
    return f"called {name}, though answer and reports say {expected.name.lower()}"
