"""How far each reader of a serial is: his last chapter and what became of it, one statement over the deliveries.

A chapter that he has is behind him, and so is one that failed twice. One that failed
once is due again. While a copy may still arrive nothing further is sent, and a chapter
never after the one that follows it. A failure that is told after the next chapter was
planned is `told_late`: the one after that leads to what he missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Subquery, and_, case, false, func, select
from sqlalchemy.orm import Session

from content.models import Publication
from delivery import kinds
from delivery.lifecycle import ENDED
from delivery.models import Dispatch, Outcome, deliveries
from delivery.serials.chapters import Chapter
from delivery.serials.thresholds import SERIAL_WAIT_H
from huabao.db import UTCDateTime

HAS, ON_ITS_WAY, MISSED, GIVEN_UP = "has", "on_its_way", "missed", "given_up"
"""What became of a reader's last chapter: he has it (or may have, by the publication's policy); its report is awaited; it failed once; it failed twice."""

TRIES_MAX = 2

FAILURES = (Outcome.REJECTED, Outcome.EXPIRED, Outcome.FAILED)
"""Somebody said that he has not got it."""


@dataclass(frozen=True)
class PlaceRules:
    """What decides about a copy whose fate nobody told.

    Attributes:
        lost_counts: one without answer or report counts as delivered: it is never sent again.
        wait: how long a report is waited for.
    """

    lost_counts: bool
    wait: timedelta

    @classmethod
    def of(cls, session: Session, publication: Publication) -> PlaceRules:
        """Those of a publication."""
        return cls(publication.unknown_policy == "never", timedelta(hours=SERIAL_WAIT_H.get(session)))


def places(chapters: Sequence[Chapter], rules: PlaceRules, now: datetime) -> Subquery:
    """`reader_id`, `ordinal` of his last chapter, `status`, `tries`, `last_at` (when the newest copy left or came to its outcome), `told_late`
    (that he has not got an earlier one was told when his last one was planned already) of each reader with a copy.

    Args:
        chapters: at least one.
    """
    had = [Outcome.RETRIEVED, *((Outcome.UNKNOWN, Outcome.NO_REPORT) if rules.lost_counts else ())]
    outcome = deliveries.c.outcome
    stopped = and_(outcome == int(Outcome.CANCELLED), Dispatch.state.in_(ENDED))  # by a person: nothing sends it again by itself
    last_at = func.max(func.coalesce(deliveries.c.outcome_at, deliveries.c.submitted_at), type_=UTCDateTime)
    copies = (
        select(
            deliveries.c.reader_id,
            Dispatch.edition_id,
            func.max(case((outcome.in_([int(one) for one in had]), 1), else_=0)).label("had"),
            func.max(case((outcome == int(Outcome.PENDING), 1), else_=0)).label("pending"),
            func.max(case((outcome == int(Outcome.SUBMITTED), 1), else_=0)).label("submitted"),
            func.max(case((outcome == int(Outcome.UNKNOWN), 1), else_=0)).label("lost"),
            func.sum(case((stopped, TRIES_MAX), else_=1)).label("tries"),
            last_at.label("last_at"),
            func.max(case((outcome.in_([int(one) for one in FAILURES]), deliveries.c.outcome_at)), type_=UTCDateTime).label("failed_at"),
            func.min(Dispatch.created_at, type_=UTCDateTime).label("planned_at"),
        )
        .join(Dispatch, and_(Dispatch.id == deliveries.c.dispatch_id, Dispatch.day == deliveries.c.day))
        .where(
            deliveries.c.day.in_(sorted({day for chapter in chapters for day in chapter.days})),
            Dispatch.edition_id.in_([chapter.edition_id for chapter in chapters]),
            Dispatch.kind.in_(kinds.BRINGS_OUT),
        )
        .group_by(deliveries.c.reader_id, Dispatch.edition_id)
        .subquery()
    )
    ordinal = case({chapter.edition_id: chapter.ordinal for chapter in chapters}, value=copies.c.edition_id)
    newest = func.row_number().over(partition_by=copies.c.reader_id, order_by=ordinal.desc())
    failed_at = case((copies.c.had == 0, copies.c.failed_at))
    told_at = func.max(failed_at, type_=UTCDateTime).over(partition_by=copies.c.reader_id, order_by=ordinal.desc(), rows=(1, None))
    ranked = select(*copies.c, ordinal.label("ordinal"), newest.label("rank"), told_at.label("told_at")).subquery()
    fresh = ranked.c.last_at > now - rules.wait
    status = case(
        (ranked.c.had == 1, HAS),
        (ranked.c.pending == 1, ON_ITS_WAY),
        (and_(ranked.c.submitted + ranked.c.lost > 0, fresh), ON_ITS_WAY),  # a lost answer may still be sent to once more by its own dispatch
        (and_(ranked.c.submitted == 1, ranked.c.tries < TRIES_MAX), HAS),
        (ranked.c.tries >= TRIES_MAX, GIVEN_UP),
        else_=MISSED,
    )
    told_late = func.coalesce(ranked.c.told_at > ranked.c.planned_at, false()).label("told_late")
    return select(ranked.c.reader_id, ranked.c.ordinal, status.label("status"), ranked.c.tries, ranked.c.last_at, told_late).where(ranked.c.rank == 1).subquery("places")
