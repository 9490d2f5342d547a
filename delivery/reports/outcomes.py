"""What a report says about a delivery, and how evidence is weighed.

Reports come twice, late, early and in any order; weighing them must not depend
on it. So evidence has a rank, and the strongest ever seen stands:
retrieved > rejected > expired > failed > unknown > no_report > cancelled >
submitted > pending. An interim status moves nothing. A status that nobody
documented means `unknown`, never a guess, and its caller raises an alarm.

Spec: 3GPP TS 23.140 7.1.7 and 8.7.5; China Mobile's client API.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from delivery.models import Outcome

PRECEDENCE: Final[tuple[Outcome, ...]] = (
    Outcome.PENDING,
    Outcome.SUBMITTED,
    Outcome.CANCELLED,
    Outcome.NO_REPORT,
    Outcome.UNKNOWN,
    Outcome.FAILED,
    Outcome.EXPIRED,
    Outcome.REJECTED,
    Outcome.RETRIEVED,
)
"""Weakest first."""

_RANK: Final = {outcome: rank for rank, outcome in enumerate(PRECEDENCE)}

UNDELIVERED: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.FAILED})
"""Outcomes that `ReaderServiceMonth.failed` counts."""


@dataclass(frozen=True)
class MMStatusMeaning:
    """One MMStatus.

    Attributes:
        name: as the manual prints it.
        outcome: what it makes of a delivery; None where it is interim.
        manual: the manual's wording.
        wording: ours, for a support agent.
        documented: False where the status was not in the table.
    """

    name: str
    outcome: Outcome | None
    manual: str
    wording: str
    documented: bool = True


_ROWS: Final = (
    MMStatusMeaning("Retrieved", Outcome.RETRIEVED, "The MM was retrieved by the recipient.", "The handset fetched the message."),
    MMStatusMeaning("Delivered", Outcome.RETRIEVED, "(seen; not in the schema)", "The handset fetched the message."),
    MMStatusMeaning("Rejected", Outcome.REJECTED, "The MM was rejected by the recipient.", "The handset or its owner refused the message."),
    MMStatusMeaning("Recipient Rejected", Outcome.REJECTED, "(China Mobile) rejected by the recipient.", "The handset or its owner refused the message."),
    MMStatusMeaning("System Rejected", Outcome.REJECTED, "(China Mobile) rejected or deleted by the system.", "The MMSC refused to deliver the message."),
    MMStatusMeaning("Expired", Outcome.EXPIRED, "The MM expired before it was retrieved.", "The handset did not fetch the message in time; it may be off or out of reach."),
    MMStatusMeaning("Unrecognised", Outcome.FAILED, "The recipient's MMS User Agent did not recognise the MM.", "The handset could not make anything of the message."),
    MMStatusMeaning("DeliveryConditionNotMet", Outcome.FAILED, "The delivery condition was not met.", "The handset or network did not meet the condition of the message."),
    MMStatusMeaning("Cancelled", Outcome.FAILED, "The MM was cancelled.", "The message was called back before it was fetched."),
    MMStatusMeaning("Replaced", Outcome.FAILED, "The MM was replaced.", "The message was replaced before it was fetched."),
    MMStatusMeaning("Indeterminate", Outcome.UNKNOWN, "It is indeterminate whether the MM reached its destination.", "The MMSC handed the message on and does not know more."),
    MMStatusMeaning("Reserved", Outcome.UNKNOWN, "(seen; reserved)", "The MMSC says nothing that can be used."),
    MMStatusMeaning("Deferred", None, "The recipient deferred the retrieval.", "The handset knows of the message and has not fetched it yet."),
    MMStatusMeaning("Forwarded", None, "The MM was forwarded to another MMSC or recipient.", "The message was passed on; the last word is to come."),
    MMStatusMeaning("Processing", None, "(seen; in process)", "The MMSC is still working on it."),
)


def _key(status: str) -> str:
    return "".join(status.split()).replace("_", "").replace("-", "").casefold()


MM_STATUS: Final[dict[str, MMStatusMeaning]] = {_key(row.name): row for row in _ROWS}
"""Every MMStatus that we know; looked up without blanks and case."""


@lru_cache(maxsize=256)
def mm_status(status: str) -> MMStatusMeaning:
    """What an MMStatus means; one that is not in the table is `unknown` and says so."""
    known = MM_STATUS.get(_key(status))
    return known or MMStatusMeaning(status, Outcome.UNKNOWN, "", f"The MMSC reported {status!r}, which nobody documented.", documented=False)


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


def fold_outcome(known: Evidence, reports: Iterable[tuple[str, datetime]]) -> Evidence:
    """Weigh reports, each an MMStatus and its time, against what is known.

    The order of the reports and how often each comes make no difference.
    """
    folded = known
    for status, at in reports:
        outcome = mm_status(status).outcome
        if outcome is None:
            continue
        late = folded.late or known.outcome is Outcome.NO_REPORT
        earlier = outcome is folded.outcome and (folded.at is None or at < folded.at)
        if earlier or _RANK[outcome] > _RANK[folded.outcome]:
            folded = Evidence(outcome, at, late)
    return folded
