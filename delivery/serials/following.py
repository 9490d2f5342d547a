"""The readers of a serial who are out of step: what each is due next is sent to him, by itself.

A chapter that failed is sent once more. Whoever waited for that gets the next one, with
a link where the second try failed too. Where new readers begin with the first chapter
they get one after the other. Never more than one chapter to a reader at a time, and
never one after the chapter that follows it. Each chapter goes in a dispatch of kind
`serial` with a ledger of its own; its window is the publication's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, false, literal, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.services import load_version_by_id
from content.signatures import SignatureRules
from content.variants import ensure_variants
from delivery import kinds, lifecycle
from delivery.dispatch import gate, snapshot
from delivery.dispatch.audience import Audience
from delivery.dispatch.routing import Routing, carries_short
from delivery.dispatch.snapshot import Signature, Terms
from delivery.lanes import BULK
from delivery.models import Dispatch, Port
from delivery.ports import PortSettings
from delivery.serials.chapters import FIRST, NOT_A_SERIAL, Chapter, chapters_of, start_of
from delivery.serials.course import EARLIER_FLAG, MISSED_FLAG, flags_in, items_of, lock, window
from delivery.serials.notes import note_keys
from delivery.serials.places import GIVEN_UP, HAS, MISSED, TRIES_MAX, PlaceRules, places
from delivery.serials.thresholds import SERIAL_PACE_H, SERIAL_RETRY_H
from delivery.settings import BATCH_READERS_MAX
from huabao.clock import business_day
from huabao.runtime import Runtime
from subscribers.models import Reader

FOLLOWED = (lifecycle.SENDING, lifecycle.DRAINING, lifecycle.VERIFIED, lifecycle.CLOSED)
"""A chapter is sent on while its own send runs or is over; not while somebody holds it."""


@dataclass(frozen=True)
class Due:
    """Who is due one chapter now.

    Attributes:
        chapter: which.
        begins: readers without any chapter begin with it.
        retry_before, pace_before: what came to its end earlier is far enough back.
    """

    chapter: Chapter
    begins: bool
    readers: Subquery
    retry_before: datetime
    pace_before: datetime

    def beside(self, readers: FromClause) -> FromClause:
        """Readers with their places."""
        return readers.outerjoin(self.readers, self.readers.c.reader_id == Reader.id)

    @property
    def waits(self) -> ColumnElement[bool]:
        """He is not due this chapter now."""
        place = self.readers.c
        again = and_(place.ordinal == self.chapter.ordinal, place.status == MISSED, place.last_at <= self.retry_before)
        rested = or_(place.status == GIVEN_UP, place.tries >= TRIES_MAX, place.last_at <= self.pace_before)
        following = and_(place.ordinal == self.chapter.ordinal - 1, place.status.in_((HAS, GIVEN_UP)), rested)
        begins = place.ordinal.is_(None) if self.begins else false()
        return case((or_(again, following, begins), literal(False)), else_=literal(True))

    @property
    def flag(self) -> ColumnElement[str]:
        """Which note he gets: the end of his mask."""
        next_ = self.readers.c.ordinal == self.chapter.ordinal - 1
        late, missed = and_(next_, self.readers.c.told_late), and_(next_, self.readers.c.status == GIVEN_UP)
        return case((late, literal(EARLIER_FLAG)), (missed, literal(MISSED_FLAG)), else_=literal(""))


@dataclass(frozen=True)
class _Subject:
    """One chapter as it is sent on."""

    chapter: Chapter
    earlier: tuple[Chapter, ...]
    publication: Publication
    version: EditionVersion
    rules: SignatureRules
    audience: Audience
    ports: tuple[Port, ...]
    terms: Terms


def follow_up(runtime: Runtime, publication_id: int) -> list[int]:
    """Send what the readers of a serial are due; the dispatches that were made."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        look = _look(session, publication_id, now)
        ordinals = [] if look is None else _due_ordinals(session, look)
    made = [_send(runtime, publication_id, ordinal, now) for ordinal in ordinals]
    return [dispatch_id for dispatch_id in made if dispatch_id is not None]


@dataclass(frozen=True)
class _Look:
    """A serial as it stands.

    Attributes:
        found: all its chapters.
        looked: those that are looked at.
        begins: new readers begin with the first of them.
    """

    publication: Publication
    found: tuple[Chapter, ...]
    looked: tuple[Chapter, ...]
    begins: bool
    readers: Subquery
    retry_before: datetime
    pace_before: datetime


def _look(session: Session, publication_id: int, now: datetime) -> _Look | None:
    """The serial; None where the publication is none, or has no chapter yet."""
    publication = session.get_one(Publication, publication_id)
    start = start_of(publication)
    found = chapters_of(session, publication_id)
    if start == NOT_A_SERIAL or not found:
        return None
    start, looked = window(session, found, start)
    readers = places(looked, PlaceRules.of(session, publication), now)
    retry, pace = (now - timedelta(hours=one.get(session)) for one in (SERIAL_RETRY_H, SERIAL_PACE_H))
    return _Look(publication, found, looked, start == FIRST, readers, retry, pace)


def _due_ordinals(session: Session, look: _Look) -> list[int]:
    """The chapters that somebody may be due, whether he is to be served or not."""
    place = look.readers.c
    next_ = case((place.status == MISSED, place.ordinal), (place.status.in_((HAS, GIVEN_UP)), place.ordinal + 1))
    due = set(session.scalars(select(next_).distinct())) | ({look.looked[0].ordinal} if look.begins else set())
    return [chapter.ordinal for chapter in look.looked if chapter.ordinal in due]


def _subject(session: Session, publication_id: int, ordinal: int, now: datetime) -> _Subject | None:
    """One chapter as it may be sent on; None where somebody holds it, or nothing can carry it."""
    look = _look(session, publication_id, now)
    chapter = next((one for one in look.looked if one.ordinal == ordinal), None) if look is not None else None
    if look is None or chapter is None or session.get_one(Dispatch, chapter.dispatch_id).state not in FOLLOWED:
        return None
    publication = look.publication
    ports = tuple(row for row in session.scalars(select(Port).where(Port.state == "up").order_by(Port.id)) if PortSettings.of(row).carries(publication.service_code))
    if all(carries_short(port) for port in ports):
        return None
    due = Due(chapter, look.begins and ordinal == 1, look.readers, look.retry_before, look.pace_before)
    loaded = load_version_by_id(session, chapter.version_id)
    audience = replace(Audience.of(session, publication, session.get_one(Edition, chapter.edition_id), loaded.version, start=now), stale_at=None)
    terms = Terms(now, None, Routing.of(session, ports, now), due)
    return _Subject(chapter, look.found[: ordinal - 1], publication, loaded.version, SignatureRules(loaded.manuscript), audience, ports, terms)


def _send(runtime: Runtime, publication_id: int, ordinal: int, now: datetime) -> int | None:
    """Send one chapter to whom it is due; its dispatch, or None where that is nobody."""
    with runtime.transaction(read_only=True) as session:
        subject = _subject(session, publication_id, ordinal, now)
        count = None if subject is None else snapshot.count_rows(session, _rows(subject))
    if subject is None or count is None or not count.planned:
        return None
    variants = _variants(runtime, subject, count.signatures)
    with runtime.transaction() as session:
        lock(session, session.get_one(Publication, publication_id))
        again = _subject(session, publication_id, ordinal, now)
        if again is None:
            return None
        staged = snapshot.stage_rows(session, _rows(again))
        if not staged.planned or not staged.signatures.keys() <= variants.keys():
            snapshot.drop_stage(session)
            return None  # the next look finds them
        return _freeze(session, again, staged, variants, now)


def _rows(subject: _Subject) -> Select[Any]:
    """Those who are due it and may have it."""
    rows = snapshot.decided_rows(subject.audience, subject.rules.mask_sql(), subject.terms).subquery()
    return select(*rows.c).where(rows.c.reason.is_(None))


def _variants(runtime: Runtime, subject: _Subject, signatures: Mapping[Signature, int]) -> dict[Signature, int]:
    notes = note_keys(runtime, subject.earlier, subject.version.id, flags_in(mask for mask, _ in signatures))
    wanted = {(mask, name): (name, items_of(subject.rules, mask, notes)) for mask, name in signatures}
    built = ensure_variants(runtime, subject.version.id, wanted.values())
    return {signature: built[one] for signature, one in wanted.items()}


def _freeze(session: Session, subject: _Subject, staged: snapshot.Count, variants: Mapping[Signature, int], now: datetime) -> int:
    dispatch = Dispatch(
        edition_id=subject.chapter.edition_id, edition_version_id=subject.version.id, service_id=subject.publication.service_id, kind=kinds.SERIAL, lane=BULK,
        parent_id=subject.chapter.dispatch_id, gate={}, day=business_day(now), state=lifecycle.DRAFT, audience=staged.audience, planned=staged.planned,
        ports=[port.name for port in subject.ports], start_at=now, created_at=now, created_by=lifecycle.SYSTEM,
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    snapshot.write_rows(session, dispatch, variants, subject.ports)
    snapshot.cut_batches(session, dispatch, subject.publication.service_code, readers_max=BATCH_READERS_MAX.get(session))
    snapshot.drop_stage(session)
    reason = f"chapter {subject.chapter.number} to readers who are out of step"
    lifecycle.note_created(session, dispatch, by=lifecycle.SYSTEM, at=now)
    lifecycle.act(session, dispatch, "plan", by=lifecycle.SYSTEM, at=now, reason=reason)
    gate.release(session, dispatch, by=lifecycle.SYSTEM, at=now, reason=reason)
    return dispatch.id


def serials(session: Session) -> list[int]:
    """The publications whose editions are chapters."""
    return list(session.scalars(select(Publication.id).where(Publication.kind == "comic", Publication.serial != NOT_A_SERIAL).order_by(Publication.id)))
