"""Whether the check files of a day have come: for the board of arrivals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.clock import business_day, parse_time
from reconciliation.feeds.inbox import PEERS
from reconciliation.feeds.models import BAD, BILL, FeedArrival
from reconciliation.feeds.settings import DUE_HOUR, EXPECTED

ARRIVED, REFUSED, DUE, MISSING, NONE = "arrived", "refused", "due", "missing", ""


@dataclass(frozen=True)
class PeerFile:
    """One peer's check file.

    Attributes:
        day: that it speaks of, yesterday.
        state: arrived, refused (what came was, nothing better did), due, missing; "" where none is expected and none came.
        due_at: the hour at which it is missing; None where none is expected.
        arrival: the newest file for that day, or None.
        last: the newest file that was taken for an earlier day, or None.
    """

    peer: str
    day: date
    state: str
    due_at: datetime | None
    arrival: FeedArrival | None
    last: FeedArrival | None


def standing(session: Session, now: datetime) -> list[PeerFile]:
    """How it stands with each peer's file for yesterday."""
    day = business_day(now - timedelta(days=1))
    expected = {one.strip() for one in EXPECTED.get(session).split(",")}
    due = parse_time(f"{day + timedelta(days=1)}T{DUE_HOUR.get(session):02d}:00")
    return [_one(session, peer, day, due if peer in expected else None, now) for peer in PEERS]


def _one(session: Session, peer: str, day: date, due: datetime | None, now: datetime) -> PeerFile:
    mine = (FeedArrival.peer == peer, FeedArrival.kind != BILL)
    same_day = select(FeedArrival).where(*mine, FeedArrival.day == day).order_by((FeedArrival.verdict == BAD).asc(), FeedArrival.id.desc())
    before = select(FeedArrival).where(*mine, FeedArrival.day < day, FeedArrival.verdict != BAD).order_by(FeedArrival.day.desc(), FeedArrival.id.desc())
    came, last = (session.scalars(wanted.limit(1)).first() for wanted in (same_day, before))
    if came is not None:
        state = REFUSED if came.verdict == BAD else ARRIVED
    else:
        state = NONE if due is None else MISSING if now >= due else DUE
    return PeerFile(peer, day, state, due, came, last)
