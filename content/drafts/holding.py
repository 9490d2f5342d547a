"""Whose part of a draft is whose: locks of others hold, and a city's editor writes his city's sections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from content.drafts.documents import Document
from content.models import Edition
from content.services import load_version
from content.workflow import cities, locks
from huabao.errors import StoreError, UsageError


def touched(before: Document, after: Document) -> set[str]:
    """Titles of the sections that differ, in themselves or in their articles and pictures."""
    old, new = _sections(before), _sections(after)
    return {title for title in old.keys() | new.keys() if _whole(old.get(title), before) != _whole(new.get(title), after)}


def guard(session: Session, edition: Edition, before: Document, after: Document, *, by: str, at: datetime, city: str = "") -> None:
    """Refuse what others hold; take or renew the locks of who writes.

    Raises:
        StoreError: somebody else holds it.
        UsageError: it is not his city's.
    """
    sections = touched(before, after)
    if city:
        _guard_city(session, edition, before, after, sections, city)
    for one in locks.of_others(session, edition.id, by, at):
        if one.section == locks.WHOLE or one.section in sections:
            raise StoreError(locks.say(one))
    hold(session, edition, sections, by=by, at=at, city=city)


def hold(session: Session, edition: Edition, sections: set[str], *, by: str, at: datetime, city: str = "") -> None:
    """Renew the locks of who writes, or take what he writes in; nothing that is in nobody's reach is taken from anybody."""
    own = {one.section for one in locks.held(session, edition.id, at) if one.holder == by}
    if own:
        locks.renew(session, edition.id, by=by, at=at)
    if locks.WHOLE in own:
        return
    if not city and not own and not locks.of_others(session, edition.id, by, at):
        locks.take(session, edition, locks.WHOLE, by=by, at=at)
        return
    there = set() if edition.current_version_id is None else {section.title for section in load_version(session, edition).manuscript.sections}
    for title in sorted((sections & there) - own):
        locks.take(session, edition, title, by=by, at=at)


def own_sections(session: Session, edition: Edition, document: Document, city: str) -> list[str]:
    """Titles of the city's sections, in the draft or in the version."""
    named = [one["title"] for one in document["edition"].get("sections", ()) if city in (one.get("city"), one.get("title"))]
    kept = cities.sections_of(load_version(session, edition).manuscript, city) if edition.current_version_id is not None else []
    return list(dict.fromkeys((*named, *kept)))


def _guard_city(session: Session, edition: Edition, before: Document, after: Document, sections: set[str], city: str) -> None:
    own = set(own_sections(session, edition, before, city))
    there = _sections(before)
    own |= {title for title, one in _sections(after).items() if title not in there and city in (one.get("city"), title)}
    others = sorted(sections - own)
    rest = [[one.get("title") for one in document["edition"].get("sections", ()) if one.get("title") not in own] for document in (before, after)]
    heads = [{key: value for key, value in document["edition"].items() if key != "sections"} for document in (before, after)]
    if others or rest[0] != rest[1] or heads[0] != heads[1]:
        what = f"section {others[0]!r} is" if others else "the order of sections and the head are"
        raise UsageError(f"{what} not {city}'s; an editor of {city} works on {', '.join(sorted(own)) or 'no section of this edition'}")


def _sections(document: Document) -> dict[str, Mapping[str, Any]]:
    return {str(one.get("title", "")): one for one in document["edition"].get("sections", ())}


def _whole(section: Mapping[str, Any] | None, document: Document) -> Any:
    """A section with all that it names."""
    if section is None:
        return None
    names = [str(one) for key in ("items", "fallback") for one in section.get(key) or ()]
    files = {**document["articles"], **document["pictures"]}
    articles = [files.get(name) for name in names]
    images = [files.get(str(one["front"].get("image"))) for one in articles if isinstance(one, dict) and "front" in one]
    return [dict(section), articles, images]
