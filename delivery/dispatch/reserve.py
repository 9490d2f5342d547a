"""No paper for today: the alarm, and the reserve edition that stands by.

A title with a send window is expected every day on which it has a window. Where no
dispatch of it is under way by the hour of `approved_by` (an evening paper's by
`approved_before_min` before its window opens), an alarm says so; a title
with a reserve edition gets a dispatch of that for the opening of the window. It
stands by: as soon as a real edition is dispatched, the reserve is cancelled.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.workflow import lifecycle as desk
from delivery import kinds, lifecycle
from delivery.dispatch.policies import APPROVED_BEFORE_MIN, APPROVED_BY
from delivery.models import Dispatch
from huabao import alarms
from huabao.clock import SHANGHAI, business_day, shanghai_text
from huabao.errors import UsageError
from huabao.hours import Hours
from huabao.log import get_logger
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime

log = get_logger("reserve")

ALARM = "editions.none_approved"


def stand_by(runtime: Runtime) -> None:
    """Say which titles have no paper for today, let their reserves stand by, and take back those that are not needed."""
    now = runtime.now()
    with runtime.transaction() as session:
        for publication in session.scalars(select(Publication).where(Publication.send_window != "").order_by(Publication.id)):
            _look(session, publication, now)


def opens_today(publication: Publication, at: datetime) -> datetime:
    """When the title's first window of that day (Shanghai) opens; the day's beginning where it is always open."""
    midnight = datetime.combine(business_day(at), time.min, SHANGHAI).astimezone(at.tzinfo)
    hours = Hours.parse(publication.send_window)
    first = hours.opens_at(midnight)
    return first if hours.always or first > midnight or hours.last_close(midnight) == midnight else hours.opens_at(hours.closes_at(midnight) or midnight)


def expected_at(publication: Publication, at: datetime, approved_by: str, before_min: int) -> datetime:
    """By when the day's paper must be there: the hour of the setting, or the window's opening where that is earlier; so long before it where that is later."""
    hour, _, minute = approved_by.partition(":")
    asked, opens = datetime.combine(business_day(at), time(int(hour), int(minute)), SHANGHAI), opens_today(publication, at)
    return max(min(asked.astimezone(at.tzinfo), opens), opens - timedelta(minutes=before_min))


def _look(session: Session, publication: Publication, now: datetime) -> None:
    key = f"{publication.slug}:{business_day(now).isoformat()}"
    shuts = Hours.parse(publication.send_window).closes_at(opens_today(publication, now))
    if now < expected_at(publication, now, APPROVED_BY.get(session), APPROVED_BEFORE_MIN.get(session)) or (shuts is not None and now >= shuts):
        return
    if _has_paper(session, publication, now):
        alarms.close_alarm(session, ALARM, key, at=now)
        _take_back(session, publication, now)
        return
    known = session.scalar(select(alarms.Alarm.id).where(alarms.Alarm.kind == ALARM, alarms.Alarm.key == key))
    if known is None:
        what = "its reserve edition stands by" if publication.reserve_edition_id else "and it has no reserve edition"
        opens = shanghai_text(opens_today(publication, now))
        alarms.raise_alarm(session, ALARM, key, f"{publication.slug}: {_lacking(session, publication, now)}, {what}; the window opens at {opens}", at=now)
    if publication.reserve_edition_id is not None and _reserve_dispatch(session, publication, business_day(now)) is None:
        day = business_day(now).isoformat()
        enqueue(session, STAND_BY, {"publication_id": publication.id, "day": day}, now=now, unique_key=f"stand_by:{publication.id}:{day}")


def _has_paper(session: Session, publication: Publication, now: datetime) -> bool:
    """Whether an edition other than the reserve has a dispatch today."""
    today = business_day(now)
    wanted = (
        select(Dispatch.id)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .where(Edition.publication_id == publication.id, Dispatch.day == today, Dispatch.kind.in_(kinds.BY_PLAN), Dispatch.state.not_in(lifecycle.ENDED))
    )
    if publication.reserve_edition_id is not None:
        wanted = wanted.where(Dispatch.edition_id != publication.reserve_edition_id)
    return session.scalar(wanted.limit(1)) is not None


def _lacking(session: Session, publication: Publication, now: datetime) -> str:
    """What today's paper lacks: its approval, or, where it has that, a dispatch."""
    wanted = (
        select(Edition.id, Edition.number)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(Edition.publication_id == publication.id, Edition.state.in_((desk.APPROVED, desk.SCHEDULED)), EditionVersion.issue_date == business_day(now))
        .order_by(Edition.id.desc())
    )
    found = session.execute(wanted.limit(1)).one_or_none()
    return "no approved paper for today" if found is None else f"{found.number} is approved and not dispatched (`huabao dispatch start {found.id}`)"


def _reserve_dispatch(session: Session, publication: Publication, day: date) -> Dispatch | None:
    mine = (Dispatch.edition_id == publication.reserve_edition_id, Dispatch.day == day, Dispatch.kind == kinds.EDITION)
    return session.scalar(select(Dispatch).where(*mine).order_by(Dispatch.id.desc()).limit(1))


def _take_back(session: Session, publication: Publication, now: datetime) -> None:
    """Cancel a reserve that has not begun: the paper came after all."""
    from delivery.dispatch import gate  # whoever lists tasks need not load the pictures' libraries

    if publication.reserve_edition_id is None:
        return
    found = _reserve_dispatch(session, publication, business_day(now))
    if found is None or found.state not in (lifecycle.PLANNED, lifecycle.SEEDING, lifecycle.HELD, lifecycle.RELEASED):
        return
    locked = lifecycle.lock_dispatch(session, found.id)
    if locked.started_at is None and locked.state not in lifecycle.ENDED:
        gate.stop(session, locked, "cancel", by=lifecycle.SYSTEM, at=now, reason="the paper is there: the reserve is not needed")


def draw_up(runtime: Runtime, publication_id: int, day: str) -> None:
    """Plan the dispatch of a reserve edition for the opening of the title's window on that day."""
    from delivery.dispatch import planning

    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        publication = session.get_one(Publication, publication_id)
        reserve = publication.reserve_edition_id
        needed = business_day(now).isoformat() == day and not _has_paper(session, publication, now) and _reserve_dispatch(session, publication, business_day(now)) is None
        start = max(now, opens_today(publication, now))
    if reserve is None or not needed:
        return
    request = planning.Request(edition=str(reserve), start_at=start, again=True)
    try:
        dispatch_id = planning.create(runtime, request, actor=lifecycle.SYSTEM)
    except UsageError as error:
        with runtime.transaction() as session:
            alarms.raise_alarm(session, "editions.reserve_failed", f"{publication.slug}:{day}", f"{publication.slug}: the reserve edition cannot be sent: {error}", at=now)
        return
    log.warning("the reserve edition stands by", publication=publication.slug, dispatch=dispatch_id, start=shanghai_text(start))


STAND_BY = Task("delivery.stand_by", draw_up, queue="build", max_attempts=3, lease_s=120.0)
"""Plan the dispatch of a reserve edition; args: publication_id, day."""
