"""Comments on an edition and the points of its checklist, with who answered for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion
from content.workflow.models import Desk, EditionComment, Tick
from huabao import audit
from huabao.errors import UsageError

TEXT_MAX = 4_000


def comments(session: Session, edition_id: int) -> Sequence[EditionComment]:
    """All comments, the oldest first."""
    return session.scalars(select(EditionComment).where(EditionComment.edition_id == edition_id).order_by(EditionComment.id)).all()


def comment(session: Session, edition: Edition, text: str, *, item: str = "", by: str, at: datetime) -> EditionComment:
    """Say something about the edition, or about one of its items.

    Raises:
        UsageError: nothing was said, too much, or there is no such item.
    """
    if not text.strip() or len(text) > TEXT_MAX:
        raise UsageError(f"a comment has 1 to {TEXT_MAX:,} characters")
    version = session.get_one(EditionVersion, edition.current_version_id)
    keys = [one["key"] for section in version.manuscript["sections"] for one in section["items"]]
    if item and item not in keys:
        raise UsageError(f"version {version.version} has no item {item!r}; there are {', '.join(keys[:20])}{' …' if len(keys) > 20 else ''}")
    made = EditionComment(edition_id=edition.id, edition_version_id=version.id, item=item, text=text.strip(), at=at, by=by[:80])
    session.add(made)
    session.flush()
    audit.record(session, actor=by, action="edition.comment", object_kind="edition", object_id=edition.id, at=at, comment=made.id, item=item)
    return made


def resolve(session: Session, edition: Edition, comment_id: int, *, resolution: str = "", by: str, at: datetime) -> EditionComment:
    """Say that a comment was dealt with.

    Raises:
        UsageError: the edition has no such comment, or it was resolved.
    """
    found = session.get(EditionComment, comment_id)
    if found is None or found.edition_id != edition.id:
        raise UsageError(f"edition {edition.id} has no comment {comment_id}; `huabao edition comments {edition.id}` shows them")
    if found.resolved_at is not None:
        raise UsageError(f"{found.resolved_by} resolved it already")
    found.resolved_at, found.resolved_by, found.resolution = at, by[:80], resolution.strip()
    session.flush()
    audit.record(session, actor=by, action="edition.resolve", object_kind="edition", object_id=edition.id, at=at, comment=comment_id, resolution=resolution)
    return found


def desk_of(session: Session, publication_id: int) -> Desk:
    """How a publication is worked on; an empty one where nobody said."""
    return session.get(Desk, publication_id) or _empty(publication_id)


def _empty(publication_id: int) -> Desk:
    return Desk(publication_id=publication_id, checklist=[], deputies=[], shares={}, sections=[])


def set_desk(
    session: Session, publication_id: int, *, checklist: Sequence[str] | None = None, deputies: Sequence[str] | None = None,
    sections: Sequence[dict[str, Any]] | None = None, shares: Mapping[str, float] | None = None, by: str, at: datetime,
) -> Desk:  # fmt: skip
    """Change how a publication is worked on; None leaves things.

    Raises:
        UsageError: a point or a name is empty, too long or there twice.
    """
    found = session.get(Desk, publication_id)
    if found is None:
        found = _empty(publication_id)
        session.add(found)
    for what, given, longest in (("point", checklist, 200), ("deputy", deputies, 80)):
        if given is not None and (len(set(given)) != len(given) or any(not one.strip() or len(one) > longest for one in given) or len(given) > 100):
            raise UsageError(f"each {what} is named once, in 1 to {longest} characters, at most 100 of them")
    if checklist is not None:
        found.checklist = [one.strip() for one in checklist]
    if deputies is not None:
        found.deputies = [one.strip() for one in deputies]
    if sections is not None:
        found.sections = list(sections)
    if shares is not None:
        found.shares = dict(shares)
    session.flush()
    audit.record(
        session, actor=by, action="desk.set", object_kind="publication", object_id=publication_id, at=at, checklist=found.checklist, deputies=found.deputies,
        sections=found.sections, shares=found.shares,
    )  # fmt: skip
    return found


def ticks(session: Session, edition: Edition) -> list[tuple[str, Tick | None]]:
    """Each point of the checklist with who answered for it in the present version."""
    done = {one.point: one for one in session.scalars(select(Tick).where(Tick.edition_version_id == edition.current_version_id))}
    return [(point, done.get(point)) for point in desk_of(session, edition.publication_id).checklist]


def tick(session: Session, edition: Edition, point: str, *, by: str, at: datetime) -> Tick:
    """Answer for a point of the checklist; named whole, or by its number from 1.

    Raises:
        UsageError: there is no such point, or somebody answered for it already.
    """
    found = ticks(session, edition)
    names = [name for name, _ in found]
    name = names[int(point) - 1] if point.isascii() and point.isdigit() and 0 < int(point[:6]) <= len(names) else point
    if name not in names:
        raise UsageError(f"the checklist has no point {point!r}; " + (f"there are {'; '.join(names)}" if names else "it is empty: `huabao desk set SLUG --checklist FILE`"))
    done = dict(found)[name]
    if done is not None:
        raise UsageError(f"{done.by} answered for it already")
    assert edition.current_version_id is not None, "an edition without a version"
    made = Tick(edition_version_id=edition.current_version_id, point=name, at=at, by=by[:80])
    session.add(made)
    session.flush()
    audit.record(session, actor=by, action="edition.tick", object_kind="edition", object_id=edition.id, at=at, point=name)
    return made
