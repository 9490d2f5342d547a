"""Sections that nobody delivered: their fallback stands in until somebody does.

A publication's plan names the sections that each number should have. One that is not
in the folder is filled, when the folder is imported, with what keeps of yesterday's
(items marked `evergreen`) or with a standing edition's section of the same title.
What stands in is part of the version like everything else, and is approved with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import Item, Manuscript, Section
from content.models import Edition, EditionVersion, Publication
from content.workflow.lifecycle import KILLED
from content.workflow.plans import YESTERDAY

YESTERDAYS_DAYS = 14
"""A paper older than that is nobody's yesterday, holidays included."""


def filled(session: Session, publication: Publication, manuscript: Manuscript, plan: Sequence[Mapping[str, Any]]) -> Manuscript:
    """The manuscript with a stand-in for each planned section that it lacks, and the cities that the plan names."""
    sections = list(manuscript.sections)
    place = 0
    for planned in plan:
        at = next((number for number, one in enumerate(sections) if one.title == planned["title"]), None)
        if at is not None:
            sections[at] = dataclasses.replace(sections[at], city=sections[at].city or planned.get("city"))
            place = at + 1
            continue
        standin = _standin(session, publication, manuscript, planned)
        if standin is not None:
            sections.insert(place, standin)
            place += 1
    return dataclasses.replace(manuscript, sections=tuple(sections))


def missing(manuscript: Manuscript, plan: Sequence[Mapping[str, Any]]) -> list[str]:
    """Titles of planned sections that nothing fills."""
    present = {section.title for section in manuscript.sections}
    return [planned["title"] for planned in plan if planned["title"] not in present]


def absent(session: Session, publication: Publication, plan: Sequence[Mapping[str, Any]]) -> list[str]:
    """Numbers that a plan names as stand-ins and of which there is no edition yet."""
    named = dict.fromkeys(str(planned["fallback"]) for planned in plan if planned.get("fallback") not in (None, YESTERDAY))
    return [number for number in named if _standing(session, publication, number) is None]


def _standin(session: Session, publication: Publication, manuscript: Manuscript, planned: Mapping[str, Any]) -> Section | None:
    fallback = planned.get("fallback")
    if fallback is None:
        return None
    found = _yesterday(session, publication, manuscript) if fallback == YESTERDAY else _standing(session, publication, str(fallback))
    if found is None:
        return None
    number, source = found
    section = next((one for one in source.sections if one.title == planned["title"]), None)
    items = () if section is None else tuple(item for item in section.items if fallback != YESTERDAY or (item.article is not None and item.article.evergreen))
    if section is None or not items:
        return None
    taken = tuple(_taken(item, "yesterday" if fallback == YESTERDAY else "standing") for item in items)
    told = f"what keeps of {number}" if fallback == YESTERDAY else f"the standing edition {number}"
    return Section(section.title, taken, section.part, section.short_title, planned.get("city") or section.city, told)


def _taken(item: Item, folder: str) -> Item:
    """The item under a key that no file of today's folder has, however often it stands in."""
    return dataclasses.replace(item, key=f"{folder}/{item.key.removeprefix(f'{folder}/')}", story=None)


def _yesterday(session: Session, publication: Publication, manuscript: Manuscript) -> tuple[str, Manuscript] | None:
    """Number and text of the last paper before this day; of one that comes twice a day, the same issue's first."""
    wanted = (
        select(Edition.number, EditionVersion.manuscript)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(
            Edition.publication_id == publication.id, Edition.state != KILLED, Edition.number != manuscript.number,
            EditionVersion.issue_date < manuscript.issue_date, EditionVersion.issue_date >= manuscript.issue_date - timedelta(days=YESTERDAYS_DAYS),
        )
        .order_by(EditionVersion.issue_date.desc(), Edition.id.desc())
    )  # fmt: skip
    rows = session.execute(wanted).all()
    issue = manuscript.number.rpartition("-")[2]
    same = [row for row in rows if issue in ("am", "pm") and row.number.endswith(f"-{issue}")]
    row = next(iter((*same, *rows)), None)
    return None if row is None else (row.number, Manuscript.from_document(row.manuscript))


def _standing(session: Session, publication: Publication, number: str) -> tuple[str, Manuscript] | None:
    wanted = (
        select(EditionVersion.manuscript)
        .join(Edition, EditionVersion.id == Edition.current_version_id)
        .where(Edition.publication_id == publication.id, Edition.number == number, Edition.state != KILLED)
    )
    document = session.scalar(wanted)
    return None if document is None else (number, Manuscript.from_document(document))
