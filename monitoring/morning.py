"""The day at one look: when the last reader will have been sent to, how many have it, how many had it in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.models import Dispatch
from huabao.clock import business_day
from monitoring.cities import city_tallies
from monitoring.lateness import merged, percentile
from monitoring.measures import Summary
from monitoring.tallies import tally_of


@dataclass(frozen=True)
class Morning:
    """Today's dispatches of editions together.

    Attributes:
        last: the one that ends last, at `finish_at`; None where nobody knows an end.
        watched: the one whose course is worth a look: what is being sent and ends last, else the newest.
        counted: readers who retrieved what was promised for an hour; of these `in_time` had it by then.
        late_p95: minutes after the hour within which 95 of 100 of them had it; None where nobody has.
    """

    dispatches: int
    planned: int
    retrieved: int
    last: Dispatch | None
    finish_at: datetime | None
    watched: Dispatch
    counted: int
    in_time: int
    late_p95: int | None


def morning(session: Session, lines: Sequence[Summary], now: datetime, *, city: str = "") -> Morning | None:
    """The day as the lines of its page have it; None before its first dispatch is planned.

    Args:
        city: whose lines they are, "" for all.
    """
    mine = [line for line in lines if line.dispatch.day == business_day(now) and line.dispatch.kind == kinds.EDITION and line.progress.planned]
    if not mine:
        return None
    ends = [line for line in mine if line.progress.forecast_finish_at is not None]
    last = max(ends, key=_end, default=None)
    going = [line for line in mine if line.dispatch.state == lifecycle.SENDING]
    watched = max(going, key=lambda line: (_end(line), line.dispatch.id)) if going else max(mine, key=lambda line: line.dispatch.id)
    if city:
        late = merged(one.late for one in city_tallies(session, [line.dispatch.id for line in mine], city).values())
    else:
        late = merged(found.late for line in mine if (found := tally_of(session, line.dispatch.id)) is not None)
    return Morning(
        dispatches=len(mine),
        planned=sum(line.progress.planned for line in mine),
        retrieved=sum(line.progress.outcomes["retrieved"] for line in mine),
        last=last.dispatch if last else None,
        finish_at=last.progress.forecast_finish_at if last else None,
        watched=watched.dispatch,
        counted=sum(late.values()),
        in_time=late.get(0, 0),
        late_p95=percentile(late, 0.95),
    )


def _end(line: Summary) -> float:
    at = line.progress.forecast_finish_at
    return 0.0 if at is None else at.timestamp()
