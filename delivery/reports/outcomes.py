"""What a report says about a delivery, and how evidence is weighed.

Reports come twice, late, early and in any order; weighing them must not depend
on it. So evidence has a rank, and the strongest ever seen stands:
retrieved > rejected > expired > failed > cancelled > unknown > no_report >
submitted > pending. An interim status moves nothing. What each status means
stands in the tables of the port's dialect (`delivery.dialects`).

`cancelled` by a report: we called the message back before it was fetched.
`replaced` is interim: the corrected message lies under the same MessageID, and
its fetching is still to come.

Spec: 3GPP TS 23.140 7.1.7 and 8.7.5; China Mobile's client API.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from delivery.dialects import CodeMeaning, dialect
from delivery.models import Outcome

PRECEDENCE: Final[tuple[Outcome, ...]] = (
    Outcome.PENDING,
    Outcome.SUBMITTED,
    Outcome.NO_REPORT,
    Outcome.UNKNOWN,
    Outcome.CANCELLED,
    Outcome.FAILED,
    Outcome.EXPIRED,
    Outcome.REJECTED,
    Outcome.RETRIEVED,
)
"""Weakest first."""

_RANK: Final = {outcome: rank for rank, outcome in enumerate(PRECEDENCE)}

UNDELIVERED: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.FAILED})
"""Outcomes that `ReaderServiceMonth.failed` counts."""


def mm_status(status: str) -> CodeMeaning:
    """What an MMStatus means where no port says otherwise; one that is not in the table is `unknown` and says so."""
    return dialect().mm_status(status)


@dataclass(frozen=True)
class Evidence:
    """What is known about a delivery.

    Attributes:
        outcome: where it stands.
        at: since when; of several of the same outcome the earliest. None where nothing happened yet.
        late: a report came after it was written off as no_report.
    """

    outcome: Outcome
    at: datetime | None = None
    late: bool = False


def fold_outcome(known: Evidence, reports: Iterable[tuple[Outcome | None, datetime]]) -> Evidence:
    """Weigh reports, each what its status means (None: interim) and its time, against what is known.

    The order of the reports and how often each comes make no difference.
    """
    folded = known
    for outcome, at in reports:
        if outcome is None:
            continue
        late = folded.late or known.outcome is Outcome.NO_REPORT
        earlier = outcome is folded.outcome and (folded.at is None or at < folded.at)
        if earlier or _RANK[outcome] > _RANK[folded.outcome]:
            folded = Evidence(outcome, at, late)
    return folded
