"""An edition as the desk sees it: its state, its versions, who works on it, what may be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion, Publication, Variant
from content.workflow import approvals, lifecycle, locks, notes
from content.workflow.difference import Difference, difference
from content.workflow.models import Approval, EditionLock, EditionTransition
from content.workflow.standing import last_approval, standing
from huabao.errors import UsageError

VERSIONS_SHOWN = 20
STEPS_SHOWN = 40


@dataclass(frozen=True)
class EditionView:
    """What a page shows of one edition.

    Attributes:
        version: the present one.
        versions: the newest first, without their manuscripts.
        history: what happened, the newest first.
        approval: the one in force.
        last: the last approval, in force or not.
        possible: what may be asked for now.
        built: how many variants of the present version there are.
    """

    edition: Edition
    publication: Publication
    version: EditionVersion
    versions: Sequence[EditionVersion]
    history: Sequence[EditionTransition]
    approval: Approval | None
    last: Approval | None
    locks: Sequence[EditionLock]
    possible: tuple[str, ...]
    open_comments: int
    built: int

    def number_of(self, version_id: int | None) -> int | None:
        """The number of a version among those shown."""
        return next((one.version for one in self.versions if one.id == version_id), None)


def edition_view(session: Session, edition_id: int, now: datetime) -> EditionView:
    """One edition.

    Raises:
        UsageError: there is none, or nobody made a version of it yet.
    """
    edition = session.get(Edition, edition_id)
    if edition is None or edition.current_version_id is None:
        raise UsageError(f"there is no edition {edition_id} with a version")
    mine = select(EditionVersion).where(EditionVersion.edition_id == edition_id).options(defer(EditionVersion.manuscript))
    steps = select(EditionTransition).where(EditionTransition.edition_id == edition_id).order_by(EditionTransition.id.desc()).limit(STEPS_SHOWN)
    return EditionView(
        edition,
        session.get_one(Publication, edition.publication_id),
        session.get_one(EditionVersion, edition.current_version_id),
        session.scalars(mine.order_by(EditionVersion.version.desc()).limit(VERSIONS_SHOWN)).all(),
        session.scalars(steps).all(),
        standing(session, edition_id),
        last_approval(session, edition_id),
        locks.held(session, edition_id, now),
        approvals.possible(session, edition),
        sum(one.resolved_at is None for one in notes.comments(session, edition_id)),
        session.scalar(select(func.count()).select_from(Variant).where(Variant.edition_version_id == edition.current_version_id)) or 0,
    )


@dataclass(frozen=True)
class Compared:
    """A version against an earlier one.

    Attributes:
        before: None where the version is the first.
        small: it may be approved again with one tap.
    """

    before: EditionVersion | None
    after: EditionVersion
    changes: Difference | None
    small: bool


def compare(session: Session, edition: Edition, before: int | None) -> Compared:
    """The present version against another one.

    Args:
        before: a version's number; None for the one approved last, else the one before.

    Raises:
        UsageError: there is no such version.
    """
    after = session.get_one(EditionVersion, edition.current_version_id)
    old = _before(session, edition, after, before)
    changes = None if old is None else difference(Manuscript.from_document(old.manuscript), Manuscript.from_document(after.manuscript))
    return Compared(old, after, changes, lifecycle.REAPPROVE in approvals.possible(session, edition))


def _before(session: Session, edition: Edition, after: EditionVersion, number: int | None) -> EditionVersion | None:
    if number is None:
        last = last_approval(session, edition.id)
        if last is not None and last.edition_version_id != after.id:
            return session.get_one(EditionVersion, last.edition_version_id)
        number = after.version - 1
        if number < 1:
            return None
    found = session.scalar(select(EditionVersion).where(EditionVersion.edition_id == edition.id, EditionVersion.version == number))
    if found is None:
        raise UsageError(f"edition {edition.id} has no version {number}")
    return found
