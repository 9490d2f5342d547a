"""Texts that took several submit_sm: what the receipts of the parts make of the whole.

Each receipt is about one part. Whatever it says against a part counts for the whole
at once; that a part arrived counts for the whole when all parts have. So what is known
depends on the set of receipts only, never on their order or number. The whole
arrived when its last part did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from delivery.models import Outcome, SubmissionPart
from delivery.reports.outcomes import PRECEDENCE
from huabao.db import in_ids


class PartReport(NamedTuple):
    """What a receipt says of one part; `number` is None where it is about a part of which nobody knows which."""

    submission_id: int
    number: int | None
    status: str
    at: datetime


class PartState(NamedTuple):
    """What is known of one part: the strongest status so far, and its earliest time."""

    status: str | None = None
    at: datetime | None = None


Meaning = Callable[[str], Outcome | None]
Parts = Mapping[int, PartState]


def weigh(known: PartState, report: PartReport, meaning: Meaning) -> PartState:
    """A part after one more report: the stronger status stands, of two alike the earlier."""
    said = meaning(report.status)
    if said is None:
        return known
    before = meaning(known.status) if known.status is not None else None
    if before is None or PRECEDENCE.index(said) > PRECEDENCE.index(before):
        return PartState(report.status, report.at)
    if said is before and (known.at is None or report.at < known.at):
        return PartState(known.status, report.at)
    return known


def arrived_at(parts: Parts, meaning: Meaning) -> datetime | None:
    """When the whole arrived; None while a part has not."""
    times = [one.at for one in parts.values() if one.at is not None and one.status is not None and meaning(one.status) is Outcome.RETRIEVED]
    return max(times) if parts and len(times) == len(parts) else None


def fold_parts(session: Session, reports: Iterable[PartReport], meaning: Callable[[int, str], Outcome | None]) -> dict[int, datetime | None]:
    """Write down what receipts say of parts; when each of their texts arrived as a whole, None where it has not.

    Args:
        meaning: of a status, by the port that it came in on.
    """
    by_submission: dict[int, list[PartReport]] = defaultdict(list)
    for report in reports:
        by_submission[report.submission_id].append(report)
    if not by_submission:
        return {}
    known, ports = _read(session, list(by_submission))
    changes = []
    arrived: dict[int, datetime | None] = {}
    for submission_id, group in by_submission.items():
        parts, port_id = known[submission_id], ports[submission_id]

        def means(status: str, port_id: int = port_id) -> Outcome | None:
            return meaning(port_id, status)

        for report in group:
            if report.number is None or report.number not in parts:
                continue
            after = weigh(parts[report.number], report, means)
            if after != parts[report.number]:
                parts[report.number] = after
                changes.append({"submission": submission_id, "part": report.number, "status": after.status, "status_at": after.at})
        arrived[submission_id] = arrived_at(parts, means)
    if changes:
        session.connection().execute(_CHANGED, changes)
    return arrived


def many_parts(session: Session, submission_ids: Iterable[int]) -> set[int]:
    """Those of the submissions that took several submit_sm."""
    wanted = list(submission_ids)
    return set(session.scalars(select(SubmissionPart.submission_id).where(in_ids(session, SubmissionPart.submission_id, wanted)).distinct())) if wanted else set()


_parts: Table = SubmissionPart.__table__  # type: ignore[assignment]  # a mapped class has a Table
_CHANGED = (
    update(_parts)
    .where(_parts.c.submission_id == bindparam("submission"), _parts.c.number == bindparam("part"))
    .values(status=bindparam("status"), status_at=bindparam("status_at"))
)


def _read(session: Session, submission_ids: list[int]) -> tuple[dict[int, dict[int, PartState]], dict[int, int]]:
    rows = session.execute(
        select(_parts.c.submission_id, _parts.c.number, _parts.c.port_id, _parts.c.status, _parts.c.status_at).where(in_ids(session, _parts.c.submission_id, submission_ids))
    )
    known: dict[int, dict[int, PartState]] = defaultdict(dict)
    ports: dict[int, int] = {}
    for submission_id, number, port_id, status, at in rows:
        known[submission_id][number] = PartState(status, at)
        ports[submission_id] = port_id
    return known, ports
