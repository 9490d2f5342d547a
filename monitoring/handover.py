"""What one shift tells the next: notes that stay open until somebody took them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from monitoring.models import HandoverNote

TEXT_CHARS_MAX = 1000
TAKEN_DAYS = 3
"""A note that was taken over is shown for so long."""

SHOWN_MAX = 50


def write(session: Session, text: str, *, by: str, now: datetime) -> HandoverNote:
    """Write a note down.

    Raises:
        UsageError: it says nothing.
    """
    said = text.replace("\0", "").strip()[:TEXT_CHARS_MAX]
    if not said:
        raise UsageError("a handover note says something")
    note = HandoverNote(text=said, by=by, at=now)
    session.add(note)
    session.flush()
    audit.record(session, actor=by, action="duty.note", object_kind="handover", object_id=note.id, at=now)
    return note


def take(session: Session, note_id: int, *, by: str, now: datetime) -> HandoverNote:
    """Take a note over.

    Raises:
        UsageError: there is no such note, or somebody took it before.
    """
    note = session.get(HandoverNote, note_id, with_for_update=True)
    if note is None:
        raise UsageError(f"there is no handover note {note_id}")
    if note.taken_by is not None:
        raise UsageError(f"{note.taken_by} took handover note {note_id} over already")
    note.taken_by, note.taken_at = by, now
    session.flush()
    audit.record(session, actor=by, action="duty.take", object_kind="handover", object_id=note_id, at=now)
    return note


def notes(session: Session, now: datetime) -> Sequence[HandoverNote]:
    """Open notes and those that were taken over lately: the open ones first, then the newest."""
    is_open = HandoverNote.taken_at.is_(None)
    lately = HandoverNote.at > now - timedelta(days=TAKEN_DAYS)
    return session.scalars(select(HandoverNote).where(is_open | lately).order_by(is_open.desc(), HandoverNote.at.desc(), HandoverNote.id.desc()).limit(SHOWN_MAX)).all()
