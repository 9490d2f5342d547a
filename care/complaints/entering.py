"""One complaint: entered, and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from care.complaints.causes import ANSWERS, CAUSES, CHANNELS, REGULATOR
from care.complaints.likely import likely_cause
from care.models import Complaint
from care.settings import DUE_H, REGULATOR_DUE_H, REPEAT_DAYS
from delivery.resend.copies import copies_of
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from subscribers.models import Reader
from subscribers.orders.as_of import reader_at

TEXT_CHARS_MAX = 2000
TOLD, FOUND = "told", "found"


@dataclass(frozen=True)
class Said:
    """What is known of a complaint when it comes.

    Attributes:
        cause: of `CAUSES`, or "" to let it be found.
        reference: that the channel gave it, or "".
    """

    msisdn: MSISDN
    channel: str
    received_at: datetime
    cause: str = ""
    reference: str = ""
    text: str = ""
    service_id: str | None = None
    edition_id: int | None = None


def enter(session: Session, said: Said, *, by: str, now: datetime) -> tuple[Complaint, bool]:
    """Keep a complaint; whether it is new. The same one told again (by its reference, or to the second) is there once.

    Raises:
        UsageError: no such channel or cause, a text that is too long, a time that has not come.
    """
    _check(said, now)
    reader_id = reader_at(session, said.msisdn, said.received_at)
    known = _told_before(session, said, reader_id)
    if known is not None:
        return known, False
    reader = session.get(Reader, reader_id) if reader_id is not None else None
    cause = said.cause or (likely_cause(session, reader, now=now) if reader is not None else "unknown")
    due_h = (REGULATOR_DUE_H if said.channel == REGULATOR else DUE_H).get(session)
    copies = copies_of(session, said.edition_id, reader.id) if reader is not None and said.edition_id is not None else []
    made = Complaint(
        channel=said.channel,
        reference=said.reference,
        received_at=said.received_at,
        recorded_at=now,
        reader_id=None if reader is None else reader.id,
        msisdn=str(said.msisdn) if reader is None else None,
        city=None if reader is None else reader.city,
        service_id=said.service_id,
        edition_id=said.edition_id,
        dispatch_id=copies[0].dispatch_id if copies else None,
        cause=cause,
        cause_by=TOLD if said.cause else FOUND,
        text=said.text,
        previous_id=_previous(session, said, reader_id),
        by=by,
        due_at=said.received_at + timedelta(hours=due_h),
    )
    session.add(made)
    session.flush()
    return made, True


def take(session: Session, said: Said, *, by: str, now: datetime) -> tuple[Complaint, bool]:
    """`enter` one that a person tells of: it stands in the audit trail."""
    made, new = enter(session, said, by=by, now=now)
    if new:
        about = {"cause": made.cause, "channel": made.channel, "reader_id": made.reader_id}
        audit.record(session, actor=by, action="complaint.enter", object_kind="complaint", object_id=made.id, at=now, **about)
    return made, new


def _check(said: Said, now: datetime) -> None:
    if said.channel not in CHANNELS:
        raise UsageError(f"channel: {said.channel!r} is none of {', '.join(CHANNELS)}")
    if said.cause and said.cause not in CAUSES:
        raise UsageError(f"cause: {said.cause!r} is none of {', '.join(CAUSES)}")
    if len(said.text) > TEXT_CHARS_MAX:
        raise UsageError(f"text: is longer than {TEXT_CHARS_MAX} characters; say it shorter")
    if said.received_at > now + timedelta(minutes=5):
        raise UsageError("complained_at: lies in the future; look at the day and the offset")


def _person(reader_id: int | None, msisdn: str) -> ColumnElement[bool]:
    return Complaint.reader_id == reader_id if reader_id is not None else Complaint.msisdn == msisdn


def _told_before(session: Session, said: Said, reader_id: int | None) -> Complaint | None:
    if said.reference:
        return session.scalar(select(Complaint).where(Complaint.channel == said.channel, Complaint.reference == said.reference))
    same = (Complaint.channel == said.channel, Complaint.received_at == said.received_at, Complaint.reference == "")
    return session.scalar(select(Complaint).where(_person(reader_id, said.msisdn), *same).limit(1))


def _previous(session: Session, said: Said, reader_id: int | None) -> int | None:
    since = said.received_at - timedelta(days=REPEAT_DAYS.get(session))
    within = (Complaint.received_at >= since, Complaint.received_at <= said.received_at)
    return session.scalar(select(Complaint.id).where(_person(reader_id, said.msisdn), *within).order_by(Complaint.received_at.desc(), Complaint.id.desc()).limit(1))


def answer(session: Session, complaint: Complaint, what: str, note: str, *, cause: str = "", by: str, now: datetime) -> None:
    """Close a complaint with what was done about it, and put its cause right where it is known by now.

    Raises:
        UsageError: it is closed already, or there is no such answer or cause.
    """
    if complaint.closed_at is not None:
        raise UsageError(f"complaint {complaint.id} was answered already, by {complaint.closed_by}")
    if what not in ANSWERS:
        raise UsageError(f"answer: {what!r} is none of {', '.join(ANSWERS)}")
    if cause and cause not in CAUSES:
        raise UsageError(f"cause: {cause!r} is none of {', '.join(CAUSES)}")
    if len(note) > TEXT_CHARS_MAX:
        raise UsageError(f"note: is longer than {TEXT_CHARS_MAX} characters; say it shorter")
    before = complaint.cause
    if cause:
        complaint.cause, complaint.cause_by = cause, TOLD
    complaint.answer, complaint.note, complaint.closed_by, complaint.closed_at = what, note, by, now
    session.flush()
    audit.record(session, actor=by, action="complaint.answer", object_kind="complaint", object_id=complaint.id, at=now, answer=what, cause=complaint.cause, before=before)


def require_complaint(session: Session, complaint_id: int) -> Complaint:
    """The complaint, locked for a change.

    Raises:
        UsageError: there is none.
    """
    found = session.get(Complaint, complaint_id, with_for_update=True)
    if found is None:
        raise UsageError(f"there is no complaint {complaint_id}; `huabao care complaints list` shows those that are open")
    return found


def of_reader(session: Session, reader_id: int, *, limit: int = 20) -> Sequence[Complaint]:
    """A reader's complaints, the newest first."""
    return session.scalars(select(Complaint).where(Complaint.reader_id == reader_id).order_by(Complaint.received_at.desc(), Complaint.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class Wanted:
    """Which complaints; an empty text is any.

    Attributes:
        after: (due_at, id) of the last one of the page before.
    """

    cause: str = ""
    channel: str = ""
    city: str = ""
    repeated: bool = False
    after: tuple[datetime, int] | None = None


def list_open(session: Session, wanted: Wanted, *, limit: int) -> Sequence[Complaint]:
    """Those without an answer, the most urgent first."""
    c = Complaint
    after: ColumnElement[bool] = true()
    if wanted.after is not None:
        due_at, last = wanted.after
        after = or_(c.due_at > due_at, (c.due_at == due_at) & (c.id > last))
    found = select(c).where(c.closed_at.is_(None), after)
    for column, value in ((c.cause, wanted.cause), (c.channel, wanted.channel), (c.city, wanted.city)):
        if value:
            found = found.where(column == value)
    if wanted.repeated:
        found = found.where(c.previous_id.is_not(None))
    return session.scalars(found.order_by(c.due_at, c.id).limit(limit)).all()
