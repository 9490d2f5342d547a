"""When sources are asked by themselves, and whether what is expected of them has come.

A source with `every_min` is asked that often; which are due is looked up by the
scheduler, the asking is a job. A source with `expected_at` should have brought
something new by that hour of the day; where it has not, an alarm is open until it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from content.feeds.asking import FETCH
from content.feeds.models import FeedSource
from content.feeds.settings import ARRIVAL_H, FETCH_TIME_S
from content.models import Publication
from huabao.alarms import Alarm, close_alarm, raise_alarm
from huabao.clock import SHANGHAI, shanghai_text
from huabao.errors import UsageError
from huabao.queues import enqueue
from huabao.runtime import Runtime

MISSING = "content.feed_missing"
"""The alarm of a source that did not bring what is expected; its key is the source's id."""

ARRIVED, DUE_LATER, LATE = "arrived", "due", "missing"


def parse_hour(text: str) -> str:
    """An hour of the day as it is kept, `05:00`; "" for none.

    Raises:
        UsageError: it is none.
    """
    if not text.strip():
        return ""
    try:
        found = time.fromisoformat(text.strip().zfill(5))
    except ValueError as error:
        raise UsageError(f"{text!r} is no hour of the day; write 05:00") from error
    return found.strftime("%H:%M")


@dataclass(frozen=True)
class Arrival:
    """Whether a source brought what is expected of it.

    Attributes:
        state: arrived, due (its hour has not come) or missing; "" where nothing is expected.
        due_at: the hour that counts now, or None.
    """

    state: str = ""
    due_at: datetime | None = None


def arrival_of(source: FeedSource, now: datetime, hours: float) -> Arrival:
    """How it stands with a source.

    Args:
        hours: what came so long before the hour counts for it.
    """
    if not source.expected_at:
        return Arrival()
    due = datetime.combine(now.astimezone(SHANGHAI).date(), time.fromisoformat(source.expected_at), SHANGHAI)
    if source.arrived_at is not None and source.arrived_at >= due - timedelta(hours=hours):
        return Arrival(ARRIVED, due)
    return Arrival(LATE if now >= due else DUE_LATER, due)


def ask_due(runtime: Runtime) -> int:
    """Have the sources asked whose time has come; how many."""
    with runtime.transaction() as session:
        now = runtime.now()
        wanted = select(FeedSource, Publication.slug).join(Publication, Publication.id == FeedSource.publication_id).where(FeedSource.every_min.is_not(None))
        due = [(source, slug) for source, slug in session.execute(wanted) if _is_due(source, now)]
        pause = timedelta(seconds=FETCH_TIME_S.get(session))
        for source, slug in due:
            key = f"{FETCH.name}:{source.id}"
            if source.asked_at is None or now - source.asked_at >= pause:
                enqueue(session, FETCH, {"publication": slug, "name": source.name}, now=now, unique_key=key)
            source.asked_at = now
        return len(due)


def _is_due(source: FeedSource, now: datetime) -> bool:
    assert source.every_min is not None, "a source that nobody asks by itself"
    last = max((at for at in (source.asked_at, source.fetched_at) if at is not None), default=None)
    return last is None or now - last >= timedelta(minutes=source.every_min)


def watch(runtime: Runtime) -> list[str]:
    """Open and close the alarms of missing feeds; names of the sources that are missing now."""
    with runtime.transaction() as session:
        now, hours = runtime.now(), ARRIVAL_H.get(session)
        opened = set(session.scalars(select(Alarm.key).where(Alarm.kind == MISSING, Alarm.closed_at.is_(None))))
        wanted = select(FeedSource, Publication.slug).join(Publication, Publication.id == FeedSource.publication_id)
        rows = session.execute(wanted.where(or_(FeedSource.expected_at != "", FeedSource.id.in_([int(key) for key in opened])))).all()
        missing = []
        for source, slug in rows:
            found = arrival_of(source, now, hours)
            if found.state == LATE:
                missing.append(f"{slug}/{source.name}")
                if str(source.id) not in opened:
                    raise_alarm(session, MISSING, str(source.id), _told(source, slug), at=now, publication=slug, source=source.name)
            else:
                close_alarm(session, MISSING, str(source.id), at=now)
        gone = opened - {str(source.id) for source, _ in rows}
        for key in gone:
            close_alarm(session, MISSING, key, at=now)
        return missing


def _told(source: FeedSource, slug: str) -> str:
    last = f"the last news came at {shanghai_text(source.arrived_at)}" if source.arrived_at else "nothing ever came"
    why = f"; {source.failure}" if source.failure else ""
    return f"“{source.name}” of {slug} brought nothing new by {source.expected_at}: {last}{why}"


def board(session: Session, now: datetime, publication: Publication | None = None) -> Sequence[tuple[str, FeedSource, Arrival]]:
    """Every source with its publication and how it stands with it; what is missing first."""
    wanted = select(Publication.slug, FeedSource).join(Publication, Publication.id == FeedSource.publication_id).order_by(Publication.slug, FeedSource.rank, FeedSource.name)
    if publication is not None:
        wanted = wanted.where(Publication.id == publication.id)
    hours = ARRIVAL_H.get(session)
    found = [(slug, source, arrival_of(source, now, hours)) for slug, source in session.execute(wanted)]
    return found if publication is not None else sorted(found, key=lambda one: one[2].state != LATE)
