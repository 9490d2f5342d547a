"""Tables of sources of news and of what came from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class FeedSource(Base):
    """Where a publication takes stories from: a feed's address or a folder.

    Attributes:
        url, folder: exactly one of them is set.
        section: title of the section that its stories stand in.
        cap: most of its stories in one draft, or None for the setting's number.
        rank: whose telling of a story is taken, the smallest first; also the order of sections and stories.
        permitted: whether stories may be taken from it; one that is not is read and reported only.
        fallback: stands in where its section has nothing else.
        level, topics, segment: what its articles say in their front matter.
        etag, last_modified: what its server said with the last document, "" for nothing.
        fetched_at: when its server was last asked.
        arrived_at: when something new or changed last came.
        failure: why the last try failed, in words; "" where it did not.
        every_min: it is asked by itself so often, or None for never.
        expected_at: the hour by which something new of the day should have come, Asia/Shanghai, `05:00`; "" for none.
        asked_at: when it was last asked by itself, also where its server did not answer.
    """

    __tablename__ = "feed_sources"
    __table_args__ = (UniqueConstraint("publication_id", "name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str | None] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(Text)
    section: Mapped[str] = mapped_column(String(60))
    cap: Mapped[int | None]
    rank: Mapped[int] = mapped_column(default=100)
    permitted: Mapped[bool] = mapped_column(default=True)
    fallback: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str | None] = mapped_column(String(20))
    topics: Mapped[list[str]] = mapped_column(Document, default=list)
    segment: Mapped[str | None] = mapped_column(String(80))
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(Text, default="")
    fetched_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(Text, default="")
    every_min: Mapped[int | None]
    expected_at: Mapped[str] = mapped_column(String(5), default="", server_default="")
    asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class FeedItem(Base):
    """One story of one source, as it stands there now.

    Attributes:
        guid_sha256: of what the source calls it.
        body: Markdown.
        pictures: each `{"url", "alt"}`, the most fitting first.
        origin: whom the source names as the story's source, or "".
        content_sha256: of what a reader would see.
        revision: 1, and one more with each change.
        first_seen_at, changed_at: when it came, and when it last changed.
    """

    __tablename__ = "feed_items"
    __table_args__ = (UniqueConstraint("source_id", "guid_sha256"), Index("ix_feed_items_changed", "source_id", "changed_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("feed_sources.id", ondelete="CASCADE"))
    guid_sha256: Mapped[str] = mapped_column(String(64))
    guid: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    pictures: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    origin: Mapped[str] = mapped_column(String(80), default="")
    topics: Mapped[list[str]] = mapped_column(Document, default=list)
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    content_sha256: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
