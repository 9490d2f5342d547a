"""What holds for a publication's numbers whether or not their folders say so; written into each manuscript when it is imported.

From then on it is part of what is approved: a setting that changes later changes no edition.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from sqlalchemy.orm import Session

from content.alternatives import parse_tones
from content.folder.shares import levels_warning
from content.manuscript import Manuscript
from content.models import Publication
from content.workflow import greydays, notes
from content.workflow.settings import TONE_BY_CLASS
from content.workflow.standins import filled, missing


def customary(session: Session, publication: Publication, manuscript: Manuscript) -> Manuscript:
    """The manuscript with what is customary."""
    desk = notes.desk_of(session, publication.id)
    whole = manuscript if manuscript.kind == "comic" else filled(session, publication, manuscript, desk.sections)
    return dataclasses.replace(
        whole,
        tones=parse_tones(TONE_BY_CLASS.get(session)),
        shares=manuscript.shares or desk.shares,
        mourning=greydays.is_grey(session, publication.id, manuscript.issue_date),
    )


def warnings_of(session: Session, publication: Publication, given: Manuscript, made: Manuscript) -> Iterator[str]:
    """What an editor should know of what custom made of his folder."""
    own = {section.title for section in given.sections}
    for section in made.sections:
        if section.standin and section.title not in own:
            yield f"nobody delivered “{section.title}”: {section.standin} stands in"
    if made.kind != "comic":
        for title in missing(made, notes.desk_of(session, publication.id).sections):
            yield f"the planned section “{title}” is missing, and nothing stands in for it"
    warning = levels_warning(made)
    if warning:
        yield warning
    if made.mourning:
        yield f"{made.issue_date} is a day without colour: everything is shown in grey"
