"""Saving a draft part by part: nobody's words are written over without his knowing.

A save names each part that it changes with the digest of what it took it for. A part that
somebody else (or another tab) changed meanwhile is not saved but told, with what stands there
now; the other parts of the same save are. Locks of others hold their sections here as they do at
an import; who saves holds a lock afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from content.drafts import holding, steps
from content.drafts.documents import HEAD, Document, check_whole, checked_part, digest_of, document_of, parts_of
from content.drafts.models import EditionDraft
from content.drafts.unfolding import draft_of
from content.models import Edition, EditionVersion, Publication
from content.services import load_version_by_id, lock_edition
from content.workflow.lifecycle import KILLED
from content.workflow.notes import desk_of
from huabao.errors import StoreError, UsageError

FIXED = ("publication", "number", "kind")
"""Of the head: by these the edition is known."""


@dataclass(frozen=True)
class Draft:
    """A draft as it stands.

    Attributes:
        revision: 0 where nothing was saved yet: it is the current version's text.
        base_version_id: the version that it was made of.
        is_behind: another version came since, and the draft has words of its own.
        is_kept: it holds nothing that its version does not.
    """

    document: Document
    revision: int
    base_version_id: int | None
    saved_at: datetime | None
    saved_by: str
    is_behind: bool
    is_kept: bool


@dataclass(frozen=True)
class Change:
    """A part as somebody wants it.

    Attributes:
        was: digest of what he took it for; "" where there was none.
        value: None takes it away.
    """

    part: str
    was: str
    value: Any


@dataclass(frozen=True)
class Conflict:
    """A part that was not saved, and what stands there now."""

    part: str
    value: Any


@dataclass(frozen=True)
class Saved:
    """What a save came to."""

    draft: Draft
    parts: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


def current(session: Session, edition: Edition) -> Draft:
    """The draft of an edition: what was saved, or the text of its version where that is newer than everything saved.

    Raises:
        UsageError: the edition has neither.
    """
    row = session.get(EditionDraft, edition.id)
    version_id = edition.current_version_id
    if row is None or (row.revision == row.kept_revision and row.base_version_id != version_id and version_id is not None):
        if version_id is None:
            raise UsageError(f"edition {edition.id} has neither a version nor a draft; make it anew")
        revision = 0 if row is None else row.revision
        version = session.get_one(EditionVersion, version_id)
        return Draft(unfolded(session, version_id), revision, version_id, version.created_at, version.created_by, is_behind=False, is_kept=True)
    behind = row.base_version_id != version_id
    return Draft(row.document, row.revision, row.base_version_id, row.saved_at, row.saved_by, behind, row.revision == row.kept_revision)


def unfolded(session: Session, version_id: int) -> Document:
    """The text of a version as a draft."""
    loaded = load_version_by_id(session, version_id)
    return draft_of(loaded.manuscript, design=loaded.publication.design, shares=desk_of(session, loaded.publication.id).shares)


def save(session: Session, edition_id: int, changes: Sequence[Change], *, by: str, now: datetime, city: str = "") -> Saved:
    """Save parts of a draft.

    Args:
        city: of who saves, who may change that city's sections only; "" for all.

    Raises:
        UsageError: a part cannot be kept, or may not be changed by him.
        StoreError: somebody else holds what he changes; nothing is saved.
    """
    edition = lock_edition(session, edition_id)
    _check_open(edition)
    found = current(session, edition)
    before = parts_of(found.document)
    after = dict(before)
    conflicts: list[Conflict] = []
    saved: list[str] = []
    for change in changes:
        value = checked_part(change.part, change.value)
        there = before.get(change.part)
        if digest_of(there) not in (change.was, digest_of(value)):
            conflicts.append(Conflict(change.part, there))
            continue
        if there != value:
            saved.append(change.part)
        if value is None:
            after.pop(change.part, None)
        else:
            after[change.part] = value
    document = document_of(after)
    if saved:
        _check_fixed(session, edition, document["edition"])
        check_whole(document)
        holding.guard(session, edition, found.document, document, by=by, at=now, city=city)
        found = put(session, edition, found, document, saved, by=by, now=now)
    return Saved(found, tuple(saved), tuple(conflicts))


def restore(session: Session, edition_id: int, revision_id: int, *, seen: int, by: str, now: datetime, city: str = "") -> Draft:
    """Make a draft what it was at an earlier step; what it is now stays among the steps.

    Args:
        seen: the revision that the person looked at.

    Raises:
        UsageError: there is no such step.
        StoreError: somebody saved meanwhile, or holds what would change.
    """
    edition = lock_edition(session, edition_id)
    _check_open(edition)
    found = current(session, edition)
    if found.revision != seen:
        raise StoreError(f"{found.saved_by} saved meanwhile; look again")
    document = steps.document_at(session, edition_id, revision_id)
    holding.guard(session, edition, found.document, document, by=by, at=now, city=city)
    return put(session, edition, found, document, sorted(_differing(found.document, document)), by=by, now=now, note="restored")


def start_over(session: Session, edition_id: int, *, by: str, now: datetime, city: str = "") -> Draft:
    """Take the text of the current version in place of the draft, which stays among the steps.

    Raises:
        UsageError: the edition has no version.
        StoreError: somebody holds what would change.
    """
    edition = lock_edition(session, edition_id)
    if edition.current_version_id is None:
        raise UsageError(f"edition {edition_id} has no version to start over from")
    found = current(session, edition)
    document = unfolded(session, edition.current_version_id)
    holding.guard(session, edition, found.document, document, by=by, at=now, city=city)
    made = put(session, edition, found, document, sorted(_differing(found.document, document)), by=by, now=now, note="replaced")
    row = session.get_one(EditionDraft, edition_id)
    row.base_version_id, row.kept_revision = edition.current_version_id, made.revision
    session.flush()
    return current(session, edition)


def put(session: Session, edition: Edition, found: Draft, document: Document, parts: Sequence[str], *, by: str, now: datetime, note: str = "") -> Draft:
    """Keep `document` as the next revision; the edition's row is locked by the caller."""
    row = session.get(EditionDraft, edition.id)
    kept = None if row is None else row.kept_revision
    before = 0 if row is None else row.revision
    if row is None or found.base_version_id != row.base_version_id:  # its words were the version's so far
        kept = None if found.base_version_id is None else before
        steps.note(session, edition.id, before, found.document, (), by=found.saved_by, at=found.saved_at or now, note="begun")
    values: dict[str, Any] = {
        "revision": before + 1, "title": str(document["edition"].get("title") or "")[:200], "issue_date": _day(document["edition"], now.date()), "document": document,
        "base_version_id": found.base_version_id, "kept_revision": kept, "saved_at": now, "saved_by": by[:80],
    }  # fmt: skip
    if row is None:
        session.add(EditionDraft(edition_id=edition.id, **values))
    else:
        values["issue_date"] = _day(document["edition"], row.issue_date)
        for name, value in values.items():
            setattr(row, name, value)
    steps.note(session, edition.id, before + 1, document, parts, by=by, at=now, note=note)
    session.flush()
    return current(session, edition)


def _check_open(edition: Edition) -> None:
    if edition.state == KILLED and edition.current_version_id is None:
        raise UsageError(f"edition {edition.id} was withdrawn")


def _check_fixed(session: Session, edition: Edition, head: Mapping[str, Any]) -> None:
    slug = session.get_one(Publication, edition.publication_id).slug
    known = {"publication": slug, "number": edition.number, "kind": edition.kind}
    for name in FIXED:
        if head.get(name) != known[name]:
            raise UsageError(f"{HEAD}: `{name}` of edition {edition.id} is {known[name]!r} and stays; make another edition instead")


def _day(head: Mapping[str, Any], before: date) -> date:
    try:
        return date.fromisoformat(str(head.get("date")))
    except ValueError:
        return before


def _differing(before: Document, after: Document) -> set[str]:
    old, new = parts_of(before), parts_of(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
