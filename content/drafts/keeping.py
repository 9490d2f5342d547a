"""Keeping a draft as a version: by the same way as `edition import` of its folder, so that both give the same bytes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from content.drafts.folding import read_draft
from content.drafts.models import EditionDraft
from content.drafts.saving import current
from content.services import ImportResult, import_read, lock_edition
from huabao.errors import StoreError


def keep(session: Session, edition_id: int, *, seen: int, by: str, now: datetime, city: str = "", over: bool = False) -> ImportResult:
    """Make a version of a draft.

    Args:
        seen: the revision that the person looked at.
        over: he knows that a version came since the draft began, and that this one goes over it.

    Raises:
        UsageError: no edition can be made of it; every problem with its file, line and what to do.
        StoreError: somebody saved, or imported a version, meanwhile.
    """
    edition = lock_edition(session, edition_id)
    found = current(session, edition)
    if found.revision != seen:
        raise StoreError(f"{found.saved_by} saved meanwhile; look again")
    if found.is_behind and not over:
        raise StoreError("a version came since this draft began")
    made = import_read(session, read_draft(session, found.document), by, now, city=city)
    row = session.get(EditionDraft, edition_id)
    if row is not None:
        row.base_version_id, row.kept_revision = made.version_id, row.revision
    session.flush()
    return made
