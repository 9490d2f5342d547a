"""What holds for a publication's numbers whether or not their folders say so; written into each manuscript when it is imported.

From then on it is part of what is approved: a setting that changes later changes no edition.
"""

from __future__ import annotations

import dataclasses

from sqlalchemy.orm import Session

from content.alternatives import parse_tones
from content.manuscript import Manuscript
from content.workflow.settings import TONE_BY_CLASS


def customary(session: Session, manuscript: Manuscript) -> Manuscript:
    """The manuscript with what is customary."""
    return dataclasses.replace(manuscript, tones=parse_tones(TONE_BY_CLASS.get(session)))
