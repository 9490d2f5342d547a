"""Who works on an edition, or on a section of it.

A lock on the whole edition and one on a section exclude each other; two sections do
not. A lock holds its holder's part against versions that others import, until it
expires, is given back, or is taken over with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion
from content.workflow.difference import sections_changed
from content.workflow.models import EditionLock
from content.workflow.settings import LOCK_MINUTES
from huabao import audit
from huabao.clock import shanghai_text
from huabao.errors import UsageError

WHOLE = ""
"""In place of a section."""


def held(session: Session, edition_id: int, at: datetime) -> Sequence[EditionLock]:
    """The locks in force."""
    return session.scalars(select(EditionLock).where(EditionLock.edition_id == edition_id, EditionLock.expires_at > at).order_by(EditionLock.section)).all()


def of_others(session: Session, edition_id: int, by: str, at: datetime) -> list[EditionLock]:
    """The locks in force that somebody else holds."""
    return [one for one in held(session, edition_id, at) if one.holder != by]


def say(lock: EditionLock) -> str:
    """What a person reads of a lock."""
    what = f"section {lock.section!r}" if lock.section else "the edition"
    return f"{lock.holder} works on {what} since {shanghai_text(lock.taken_at)}, till {shanghai_text(lock.expires_at)}"


def take(session: Session, edition: Edition, section: str, *, by: str, at: datetime, minutes: int | None = None, take_over: str = "") -> EditionLock:
    """Lock a section, or `WHOLE`; the edition's row is locked by the caller. One's own lock is renewed.

    Args:
        minutes: how long; None for the setting.
        take_over: why locks of others that are in the way are ended.

    Raises:
        UsageError: there is no such section, or somebody else works there and no reason was given.
    """
    _check_section(session, edition, section)
    in_the_way = [one for one in of_others(session, edition.id, by, at) if WHOLE in (section, one.section) or one.section == section]
    if in_the_way and not take_over.strip():
        raise UsageError(f"{say(in_the_way[0])}; ask {in_the_way[0].holder}, or give the reason with --take-over")
    for one in in_the_way:
        audit.record(
            session, actor=by, action="edition.take_over", object_kind="edition", object_id=edition.id, at=at, section=one.section, holder=one.holder, reason=take_over
        )
        session.delete(one)
    session.flush()
    until = at + timedelta(minutes=LOCK_MINUTES.get(session) if minutes is None else minutes)
    lock = session.scalar(select(EditionLock).where(EditionLock.edition_id == edition.id, EditionLock.section == section))
    if lock is None:
        lock = EditionLock(edition_id=edition.id, section=section, holder=by, taken_at=at, expires_at=until)
        session.add(lock)
    elif lock.holder != by or lock.expires_at <= at:
        lock.holder, lock.taken_at = by, at
    lock.expires_at = until
    session.flush()
    audit.record(session, actor=by, action="edition.lock", object_kind="edition", object_id=edition.id, at=at, section=section, until=lock.expires_at.isoformat())
    return lock


def renew(session: Session, edition_id: int, *, by: str, at: datetime) -> None:
    """Let one's own locks run on once half their time is over: what a save does, without a line in the audit trail."""
    length = timedelta(minutes=LOCK_MINUTES.get(session))
    for one in held(session, edition_id, at):
        if one.holder == by and one.expires_at < at + length / 2:
            one.expires_at = at + length
    session.flush()


def give_back(session: Session, edition: Edition, section: str, *, by: str, at: datetime) -> None:
    """End one's own lock.

    Raises:
        UsageError: nobody holds it, or somebody else does.
    """
    lock = session.scalar(select(EditionLock).where(EditionLock.edition_id == edition.id, EditionLock.section == section, EditionLock.expires_at > at))
    if lock is None:
        raise UsageError(f"nobody has locked {f'section {section!r} of' if section else ''} edition {edition.id}; `huabao edition locks {edition.id}` shows the locks")
    if lock.holder != by:
        raise UsageError(f"{say(lock)}; `edition lock --take-over REASON` takes it over")
    session.delete(lock)
    audit.record(session, actor=by, action="edition.unlock", object_kind="edition", object_id=edition.id, at=at, section=section)
    session.flush()


def guard_change(session: Session, edition: Edition, before: Manuscript, after: Manuscript, *, by: str, at: datetime) -> None:
    """Refuse a new version that changes what somebody else has locked.

    Raises:
        UsageError: it does; the message says whose it is.
    """
    locks = of_others(session, edition.id, by, at)
    changed = sections_changed(before, after) if locks else set()
    for one in locks:
        if before != after and (one.section == WHOLE or one.section in changed):
            where = f", and section {one.section!r} of this folder differs" if one.section else ""
            raise UsageError(f"{say(one)}{where}; nothing was imported. Ask {one.holder}, or `huabao edition lock {edition.id} --take-over REASON`")


def _check_section(session: Session, edition: Edition, section: str) -> None:
    if section == WHOLE:
        return
    version = session.get_one(EditionVersion, edition.current_version_id)
    titles = [one["title"] for one in version.manuscript["sections"]]
    if section not in titles:
        raise UsageError(f"edition {edition.id} has no section {section!r}; there are {', '.join(titles)}")
