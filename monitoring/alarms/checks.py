"""What is looked at again and again: each check answers what is wrong now, by what it is about.

Each reads little, by index, however large the province is: open dispatches, the newest
rows of the append-only tables, partial indexes of what is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.dispatch import gate, windows
from delivery.ledger import copies
from delivery.models import DeliveryEvent, Dispatch, EventState, Port, Submission
from delivery.reports.store import in_state
from huabao.alarms import find_open
from huabao.clock import business_day, shanghai_text
from huabao.queues import QUEUED, QUEUES, RUNNING, Job
from monitoring.settings import BACKLOG_S, NOT_STARTED_S, REPORTS_READERS, REPORTS_S, UNANSWERED_S, UNFOLDED_S
from reconciliation.outbox.models import ASKING, UNKNOWN, WAITING, OutboundRequest

NEWEST_SUBMISSIONS: Final = 20_000
NEWEST_REPORTS: Final = 100_000
"""How far back in the append-only tables a look reads; a port that is so quiet beside the others says nothing."""

BULK: Final = "bulk"
"""The queue of batches: in a big send they wait for each other, and rightly."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one thing: a sentence, and facts for who looks closer."""

    text: str
    detail: Mapping[str, Any] = field(default_factory=dict)


Findings = Mapping[str, Finding]


@dataclass(frozen=True)
class Check:
    """One thing that is looked at.

    Attributes:
        kind: of the alarm.
        look: answers what is wrong at an instant, by what it is about.
        every: it is looked at with each so-manieth round.
    """

    kind: str
    look: Callable[[Session, datetime], Findings]
    every: int = 1


# --- sending ---------------------------------------------------------------------------------------------------------


def not_started(session: Session, now: datetime) -> Findings:
    """Dispatches that might send and have sent nothing for too long."""
    grace = timedelta(seconds=NOT_STARTED_S.get(session))
    waiting = (lifecycle.PLANNED, lifecycle.SEEDING, lifecycle.HELD, lifecycle.RELEASED)
    due = select(Dispatch).where(Dispatch.state.in_(waiting), Dispatch.kind.in_(kinds.BY_PLAN), Dispatch.started_at.is_(None), Dispatch.start_at <= now - grace)
    found = {}
    for one in session.scalars(due.order_by(Dispatch.id.desc()).limit(50)):
        if one.state == lifecycle.HELD and find_open(session, gate.ALARM, str(one.id)) is not None:
            continue  # its seeds hold it: that is an alarm already
        publication = windows.publication_of(session, one)
        since = windows.opening(publication, one, one.start_at)
        if since + grace <= now and windows.may_start(publication, one, now).may:
            said = f"dispatch {one.id} should have begun at {shanghai_text(since)} and is {one.state}: none of {one.planned:,} readers was sent to"
            found[str(one.id)] = Finding(said, {"readers": one.planned, "state": one.state, "since": since.isoformat()})
    return found


def duplicates(session: Session, now: datetime) -> Findings:
    """Starts of a version whose readers had it already, and nobody said that they should have it again."""
    lately = session.scalars(select(Dispatch).where(Dispatch.day >= business_day(now) - timedelta(days=1), Dispatch.kind == kinds.EDITION).order_by(Dispatch.id)).all()
    return {
        str(second.id): Finding(f"dispatch {second.id}: {number:,} readers were sent the version of dispatch {first.id} once more", {"readers": number, "first": first.id})
        for first, second, number in copies.repeated(session, lately)
    }


def reports_stopped(session: Session, now: datetime) -> Findings:
    """Ports that submit, and have been submitting, while no report comes back."""
    window = timedelta(seconds=REPORTS_S.get(session))
    least = REPORTS_READERS.get(session)
    newest = session.scalar(select(func.max(Submission.id))) or 0
    one = Submission
    taken = (one.id > newest - NEWEST_SUBMISSIONS, one.state.in_(("accepted", "partial")), one.answered_at > now - 2 * window)
    rows = session.execute(select(one.port_id, func.min(one.answered_at), func.max(one.answered_at), func.sum(one.recipients)).where(*taken).group_by(one.port_id)).all()
    since = now - window
    busy = {port: int(readers) for port, first, last, readers in rows if first is not None and last is not None and first <= since < last and int(readers) >= least}
    if not busy:
        return {}
    floor = (session.scalar(select(func.max(DeliveryEvent.id))) or 0) - NEWEST_REPORTS
    found = {}
    for port in session.scalars(select(Port).where(Port.id.in_(busy), Port.kind == "mm7")):
        heard = exists().where(DeliveryEvent.id > floor, DeliveryEvent.port_id == port.id, DeliveryEvent.received_at > since)
        if not session.scalar(select(heard)):
            minutes = window.total_seconds() / 60
            found[port.name] = Finding(f"port {port.name} took {busy[port.id]:,} readers and sent no report for {minutes:g} minutes", {"readers": busy[port.id]})
    return found


def reports_backlog(session: Session, now: datetime) -> Findings:
    """Reports that are stored and wait to be counted."""
    oldest = session.scalar(select(DeliveryEvent.received_at).where(in_state(EventState.NEW)).order_by(DeliveryEvent.id).limit(1))
    if oldest is None or now - oldest < timedelta(seconds=UNFOLDED_S.get(session)):
        return {}
    return {"reports": Finding(f"reports wait to be counted since {shanghai_text(oldest)}", {"since": oldest.isoformat()})}


# --- peers and work --------------------------------------------------------------------------------------------------


def unanswered(session: Session, now: datetime) -> Findings:
    """Readers' cancellations that a peer has not answered."""
    one = OutboundRequest
    open_ones = (one.state.in_((WAITING, ASKING, UNKNOWN)), one.kind == "cancel", one.created_at <= now - timedelta(seconds=UNANSWERED_S.get(session)))
    rows = session.execute(select(one.peer, func.count(), func.min(one.created_at)).where(*open_ones).group_by(one.peer)).all()
    return {
        peer: Finding(f"{number:,} cancellations wait for {peer.upper()}'s answer, the oldest since {shanghai_text(oldest)}", {"readers": number, "since": oldest.isoformat()})
        for peer, number, oldest in rows
    }


def backlog(session: Session, now: datetime) -> Findings:
    """Queues whose due work nobody takes."""
    limit = timedelta(seconds=BACKLOG_S.get(session))
    found = {}
    for queue in QUEUES:
        oldest = session.scalar(select(func.min(Job.run_at)).where(Job.queue == queue, Job.state == QUEUED))
        if oldest is None or now - oldest < limit:
            continue
        if queue == BULK and session.scalar(select(exists().where(Job.state == RUNNING, Job.queue == BULK, Job.lease_until > now))):
            continue
        found[queue] = Finding(f"work of the queue {queue} is due since {shanghai_text(oldest)} and nobody took it", {"since": oldest.isoformat()})
    return found


CHECKS: tuple[Check, ...] = (
    Check("dispatch.not_started", not_started),
    Check("reports.stopped", reports_stopped),
    Check("reports.backlog", reports_backlog),
    Check("orders.unanswered", unanswered),
    Check("jobs.backlog", backlog),
    Check("delivery.duplicates", duplicates, every=8),
)
