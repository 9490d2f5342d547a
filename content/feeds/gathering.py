"""Asking the sources: what is to be asked is read, the asking is done with no transaction open, what came is kept source by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from content.feeds import settings
from content.feeds.articles import read_articles
from content.feeds.documents import parse_feed
from content.feeds.entries import Entries
from content.feeds.fetching import Fetched, FetchError, Limits, Wanted, fetch_all, server_of
from content.feeds.models import FeedSource
from content.feeds.sources import Kept, find_source, keep_entries, list_sources
from content.services import find_publication
from huabao.errors import HuabaoError
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Outcome:
    """What asking one source gave.

    Attributes:
        failure: why nothing came, "" where something did or nothing is new.
        unchanged: the server said that our copy is the newest.
        problems: what of it was left out, in words.
    """

    name: str
    kept: Kept
    failure: str = ""
    unchanged: bool = False
    problems: tuple[str, ...] = ()


def fetch_sources(runtime: Runtime, slug: str, names: Sequence[str] = ()) -> list[Outcome]:
    """Ask the sources of a publication, all or those named, and keep their stories. One that fails spoils no other.

    Raises:
        UsageError: there is no such publication or source.
    """
    with runtime.transaction(read_only=True) as session:
        publication = find_publication(session, slug)
        sources = [find_source(session, publication, name) for name in names] if names else list(list_sources(session, publication))
        limits = Limits(settings.FEED_BYTES.get(session), settings.FETCH_TIME_S.get(session), settings.REDIRECTS_MAX.get(session))
        keep_days = settings.ITEMS_KEEP_DAYS.get(session)
        session.expunge_all()
    feeds = [source for source in sources if source.url is not None]
    answers = dict(zip((source.id for source in feeds), fetch_all([_wanted(source) for source in feeds], limits), strict=True))
    return [_keep(runtime, source, answers.get(source.id), keep_days) for source in sources]


def _wanted(source: FeedSource) -> Wanted:
    assert source.url is not None, "a folder is not fetched"
    return Wanted(source.url, server_of(source.url), source.etag, source.last_modified)


def _keep(runtime: Runtime, source: FeedSource, answer: Fetched | FetchError | None, keep_days: int) -> Outcome:
    found, failure = _read(source, answer)
    now = runtime.now()
    with runtime.transaction() as session:
        row = session.get(FeedSource, source.id, with_for_update=True)
        if row is None:
            return Outcome(source.name, Kept(), "it was removed meanwhile")
        row.fetched_at, row.failure = now, failure
        kept = Kept() if found is None else keep_entries(session, row, found, now, keep_days)
        if isinstance(answer, Fetched) and found is not None:
            row.etag, row.last_modified = answer.etag, answer.last_modified
    return Outcome(source.name, kept, failure, unchanged=found is None and not failure, problems=() if found is None else found.problems)


def _read(source: FeedSource, answer: Fetched | FetchError | None) -> tuple[Entries | None, str]:
    """A source's stories (None where there are none to read), and why that failed."""
    if isinstance(answer, FetchError):
        return None, str(answer)
    try:
        if answer is None:
            return read_articles(Path(source.folder or "")), ""
        return (None, "") if answer.body is None else (parse_feed(answer.body, content_type=answer.content_type, url=answer.url), "")
    except HuabaoError as error:
        return None, str(error)
