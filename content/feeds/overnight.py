"""Stories of an edition that moved on since it was imported: a source tells them anew, or tells more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.feeds.likeness import gist_of, likeness
from content.feeds.models import FeedItem, FeedSource
from content.feeds.settings import STORY_SHARE_MIN
from content.feeds.tails import recurring, without_tail
from content.folder.markdown import paragraphs_of
from content.manuscript import Manuscript

NEWS_MAX = 300
"""Of the newest stories."""


@dataclass(frozen=True)
class MovedOn:
    """A story of the edition that is told anew.

    Attributes:
        item: its key in the edition.
        share: of the text that both have.
    """

    item: str
    source: str
    title: str
    at: datetime
    share: float


def moved_on(session: Session, since: datetime, manuscript: Manuscript, publication_id: int) -> list[MovedOn]:
    """What permitted sources of the publication told since then, of stories that it has; of each the newest telling."""
    wanted = (
        select(FeedItem, FeedSource.name)
        .join(FeedSource, FeedSource.id == FeedItem.source_id)
        .where(FeedSource.publication_id == publication_id, FeedSource.permitted, FeedSource.fallback.is_(False), FeedItem.changed_at > since)
        .order_by(FeedItem.changed_at.desc())
        .limit(NEWS_MAX)
    )
    news = [(row, name, paragraphs_of(row.body)[0]) for row, name in session.execute(wanted)]
    if not news:
        return []
    known = recurring((name, "\n".join(text)) for _, name, text in news)
    told = [(row, name, "\n".join(text), gist_of(row.title, without_tail(name, "\n".join(text), known))) for row, name, text in news]
    least = STORY_SHARE_MIN.get(session)
    found = []
    for item in manuscript.items:
        if item.article is None or item.article.quiz is not None:
            continue
        text = "\n".join(item.article.paragraphs)
        gist = gist_of(item.article.title, text)
        for row, name, other, other_gist in told:
            share = likeness(gist, other_gist)
            if share >= least and (other, row.title) != (text, item.article.title):
                found.append(MovedOn(item.key, name, row.title, row.changed_at, share))
                break
    return found
