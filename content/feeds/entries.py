"""A story as a source tells it, whatever form it came in: the line between what reads (`documents`, `articles`) and what keeps (`gathering`)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from content.feeds.markup import Picture


@dataclass(frozen=True)
class Entry:
    """One story.

    Attributes:
        guid: what the source calls it, the same through its updates; never empty.
        link: its page, or "".
        body: Markdown.
        pictures: the most fitting first; of a folder their addresses are paths in it.
        origin: whom the source itself names as the story's source, or "".
        published_at, updated_at: aware, UTC, or None where the source does not say.
    """

    guid: str
    link: str
    title: str
    body: str
    pictures: tuple[Picture, ...] = ()
    origin: str = ""
    topics: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def guid_sha256(self) -> str:
        """Of `guid`, which may be longer than an index likes."""
        return hashlib.sha256(self.guid.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def content_sha256(self) -> str:
        """Of all that a reader would see: a change of it is an update."""
        seen = (self.link, self.title, self.body, [asdict(picture) for picture in self.pictures], self.origin)
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


@dataclass(frozen=True)
class Entries:
    """What was read of one source: its stories, and what was left out in words."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
