"""Sources of news: named, listed, taken away, and their stories kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from content.feeds.entries import Entries, Entry
from content.feeds.fetching import FetchError, server_of
from content.feeds.models import FeedItem, FeedSource
from content.manuscript import LEVELS
from content.models import Publication
from huabao import audit
from huabao.errors import UsageError
from subscribers.segments import find_segment


@dataclass(frozen=True)
class SourceFields:
    """What `feed add` takes, see `FeedSource`."""

    section: str
    url: str | None = None
    folder: str | None = None
    cap: int | None = None
    rank: int = 100
    permitted: bool = True
    fallback: bool = False
    level: str | None = None
    topics: tuple[str, ...] = ()
    segment: str | None = None
    every_min: int | None = None
    expected_at: str = ""


def add_source(session: Session, publication: Publication, name: str, fields: SourceFields, by: str, now: datetime) -> FeedSource:
    """A new source of a publication.

    Raises:
        UsageError: the name is taken, or a field is missing or wrong.
    """
    name, section = " ".join(name.split()), " ".join(fields.section.split())
    if not 0 < len(name) <= 80 or not 0 < len(section) <= 60:
        raise UsageError("a source needs a name of up to 80 characters and a --section of up to 60")
    if (fields.url is None) == (fields.folder is None):
        raise UsageError("a source is a feed or a folder; give --url or --folder")
    if fields.url is not None:
        try:
            server_of(fields.url)
        except FetchError as error:
            raise UsageError(str(error)) from error
    if fields.cap is not None and fields.cap < 1:
        raise UsageError(f"--cap {fields.cap} would take no story; give at least 1, or --not-permitted for a source that is only compared")
    if fields.level is not None and fields.level not in LEVELS:
        raise UsageError(f"{fields.level!r} is no level; write one of {', '.join(LEVELS)}")
    if fields.segment is not None and find_segment(session, fields.segment) is None:
        raise UsageError(f"there is no segment {fields.segment!r}; define it with `huabao segment add`")
    if _find(session, publication, name) is not None:
        raise UsageError(f"{publication.slug} has a source {name!r} already; remove it, or choose another name")
    made = FeedSource(publication_id=publication.id, name=name, created_at=now, **{**asdict(fields), "section": section, "topics": list(fields.topics)})
    session.add(made)
    session.flush()
    audit.record(session, actor=by, action="feed.add", object_kind="publication", object_id=publication.slug, at=now, name=name, **asdict(fields))
    return made


def set_source(session: Session, publication: Publication, name: str, changes: Mapping[str, Any], by: str, now: datetime) -> FeedSource:
    """Change how a source is asked and taken: any of section, cap, rank, permitted, every_min, expected_at.

    Raises:
        UsageError: there is no such source, nothing to change, or a value is wrong.
    """
    found = find_source(session, publication, name)
    if not changes:
        raise UsageError("nothing to change; name a field, e.g. --every 10")
    if changes.get("cap") is not None and changes["cap"] < 1:
        raise UsageError("a cap takes at least 1 story; --not-permitted makes it a source that is only compared")
    if "section" in changes and not 0 < len(changes["section"]) <= 60:
        raise UsageError("a section's title has up to 60 characters")
    for field, value in changes.items():
        setattr(found, field, value)
    session.flush()
    audit.record(session, actor=by, action="feed.set", object_kind="publication", object_id=publication.slug, at=now, name=name, **changes)
    return found


def remove_source(session: Session, publication: Publication, name: str, by: str, now: datetime) -> int:
    """Take a source away with its stories; editions keep what they took. How many stories went.

    Raises:
        UsageError: there is no such source.
    """
    found = find_source(session, publication, name)
    count = session.scalar(select(func.count()).select_from(FeedItem).where(FeedItem.source_id == found.id)) or 0
    session.execute(delete(FeedItem).where(FeedItem.source_id == found.id))
    session.delete(found)
    session.flush()
    audit.record(session, actor=by, action="feed.remove", object_kind="publication", object_id=publication.slug, at=now, name=name, stories=count)
    return count


def _find(session: Session, publication: Publication, name: str) -> FeedSource | None:
    return session.scalar(select(FeedSource).where(FeedSource.publication_id == publication.id, FeedSource.name == name))


def find_source(session: Session, publication: Publication, name: str) -> FeedSource:
    """The source called `name`.

    Raises:
        UsageError: there is none.
    """
    found = _find(session, publication, name)
    if found is None:
        raise UsageError(f"{publication.slug} has no source {name!r}; `huabao feed list {publication.slug}` shows them")
    return found


def list_sources(session: Session, publication: Publication) -> Sequence[FeedSource]:
    """A publication's sources, the best rank first."""
    wanted = select(FeedSource).where(FeedSource.publication_id == publication.id).order_by(FeedSource.rank, FeedSource.name)
    return session.scalars(wanted).all()


@dataclass(frozen=True)
class Kept:
    """What a fetch brought: stories that are new, changed, and the same."""

    new: int = 0
    changed: int = 0
    same: int = 0


def keep_entries(session: Session, source: FeedSource, found: Entries, now: datetime, keep_days: int) -> Kept:
    """Keep a source's stories as they stand now; what it tells no more is dropped once it is `keep_days` old."""
    wanted = {entry.guid_sha256: entry for entry in found.entries}
    rows = {row.guid_sha256: row for row in session.scalars(select(FeedItem).where(FeedItem.source_id == source.id))}
    new = changed = 0
    for key, entry in wanted.items():
        row = rows.get(key)
        if row is None:
            session.add(FeedItem(source_id=source.id, guid_sha256=key, first_seen_at=now, changed_at=now, **_columns(entry)))
            new += 1
        elif row.content_sha256 != entry.content_sha256:
            for name, value in _columns(entry).items():
                setattr(row, name, value)
            row.revision, row.changed_at = row.revision + 1, now
            changed += 1
    for key, row in rows.items():
        if key not in wanted and row.changed_at < now - timedelta(days=keep_days):
            session.delete(row)
    if new or changed:
        source.arrived_at = now
    session.flush()
    return Kept(new, changed, len(wanted) - new - changed)


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "guid": entry.guid,
        "link": entry.link,
        "title": entry.title,
        "body": entry.body,
        "pictures": [asdict(picture) for picture in entry.pictures],
        "origin": entry.origin,
        "topics": list(entry.topics),
        "published_at": entry.published_at,
        "updated_at": entry.updated_at,
        "content_sha256": entry.content_sha256,
    }
