"""What must be looked at in a draft while it is being written: the screening of versions, on words that are none yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from content.drafts.folding import read_draft
from content.drafts.saving import Draft
from content.models import Edition, EditionVersion
from content.services import find_publication
from content.workflow.customs import customary
from content.workflow.screening import Finding, screen_text


def hits_of(session: Session, edition: Edition, draft: Draft, now: datetime) -> list[Finding]:
    """The hits of a draft.

    Raises:
        UsageError: no edition can be made of it yet.
    """
    found = read_draft(session, draft.document, warn=False)
    manuscript = customary(session, find_publication(session, found.manuscript.publication), found.manuscript)
    version = session.get(EditionVersion, draft.base_version_id or 0)
    return screen_text(session, edition, manuscript, version.created_at if version is not None else draft.saved_at or now)
