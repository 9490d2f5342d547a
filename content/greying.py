"""A day of mourning declared or taken back: every paper of that day becomes a new version, in grey or in colour.

A new version ends the approval of the old one, as any change does; since not a word
changed, `edition reapprove` approves it with one tap.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion, Publication
from content.services import KILLED_EDITION, lock_edition
from content.workflow import greydays, standing
from huabao import audit


@dataclass(frozen=True)
class Regreyed:
    """An edition that has a new version.

    Attributes:
        before: its state before; it is in review now, where it was approved, scheduled or sent.
        approval_ended: it must be approved again.
    """

    edition_id: int
    name: str
    version: int
    before: str
    state: str
    approval_ended: bool

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return dataclasses.asdict(self)


def declare(session: Session, day: date, publication: Publication | None, *, reason: str, by: str, now: datetime) -> list[Regreyed]:
    """Let a publication, or all, appear without colour that day; what became of the editions that are there already.

    Raises:
        UsageError: there is no reason.
    """
    greydays.declare(session, day, publication.id if publication else None, reason=reason, by=by, at=now)
    return _follow(session, day, publication, by=by, now=now)


def revoke(session: Session, day: date, publication: Publication | None, *, reason: str, by: str, now: datetime) -> list[Regreyed]:
    """Take that back; an edition whose own folder says `greyscale` stays grey.

    Raises:
        UsageError: nobody declared it.
    """
    greydays.revoke(session, day, publication.id if publication else None, reason=reason, by=by, at=now)
    return _follow(session, day, publication, by=by, now=now)


def _follow(session: Session, day: date, publication: Publication | None, *, by: str, now: datetime) -> list[Regreyed]:
    wanted = (
        select(Edition.id)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(EditionVersion.issue_date == day, Edition.state != KILLED_EDITION)
        .order_by(Edition.id)
    )
    if publication is not None:
        wanted = wanted.where(Edition.publication_id == publication.id)
    found = (_regrey(session, edition_id, by=by, now=now) for edition_id in session.scalars(wanted).all())
    return [one for one in found if one is not None]


def _regrey(session: Session, edition_id: int, *, by: str, now: datetime) -> Regreyed | None:
    edition = lock_edition(session, edition_id)
    old = session.get_one(EditionVersion, edition.current_version_id)
    manuscript = Manuscript.from_document(old.manuscript)
    mourning = greydays.is_grey(session, edition.publication_id, old.issue_date)
    if manuscript.mourning == mourning:
        return None
    last = session.scalar(select(func.max(EditionVersion.version)).where(EditionVersion.edition_id == edition.id)) or 0
    version = EditionVersion(
        edition_id=edition.id, version=last + 1, title=old.title, issue_date=old.issue_date, source_sha256=old.source_sha256, created_at=now, created_by=by[:80],
        manuscript=dataclasses.replace(manuscript, mourning=mourning).to_document(),
    )  # fmt: skip
    session.add(version)
    session.flush()
    before, edition.current_version_id = edition.state, version.id
    why = f"version {version.version} is " + ("without colour, for a day of mourning" if mourning else "in colour again")
    audit.record(session, actor=by, action="edition.grey", object_kind="edition", object_id=edition.id, at=now, version=version.version, mourning=mourning)
    ended = standing.changed(session, edition, why, by=by, at=now)
    slug = session.get_one(Publication, edition.publication_id).slug
    return Regreyed(edition.id, f"{slug}/{edition.number}", version.version, before, edition.state, ended)
