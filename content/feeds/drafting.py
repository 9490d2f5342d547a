"""A dated draft of what came in: yesterday's paper beside today's stories, made into an edition folder.

Three steps: what the database knows is loaded, pictures are fetched with no transaction open, the folder is written whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.almanac.calendar import lunar_day
from content.almanac.page import WeatherPage, weather_page
from content.feeds import settings
from content.feeds.fetching import Limits, server_of
from content.feeds.illustrating import Illustration, illustrate
from content.feeds.likeness import gist_of
from content.feeds.markup import Picture
from content.feeds.models import FeedItem, FeedSource
from content.feeds.planning import Draft, Policy, Printed, plan_draft
from content.feeds.sources import list_sources
from content.feeds.stories import Telling
from content.feeds.writing import Head, write_folder
from content.folder import read_folder
from content.manuscript import Manuscript
from content.models import Edition, EditionVersion, Publication
from content.services import KILLED_EDITION, find_publication
from content.workflow.passages import passages
from content.workflow.scripts import mixed_scripts
from huabao.clock import SHANGHAI, business_day
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.segments.store import segment_documents

ISSUES = ("am", "pm")
YESTERDAYS_DAYS = 14
"""A paper older than that is nobody's yesterday, holidays included."""


@dataclass(frozen=True)
class Request:
    """Which draft is wanted.

    Attributes:
        issue: `am`, `pm`, or "" for a paper that comes once a day.
        from_yesterday: take masthead, credit and the order of sections from the paper before.
        beside: slugs of other publications whose last editions are not to be repeated either.
    """

    publication: str
    day: date
    issue: str = ""
    from_yesterday: bool = False
    beside: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """The edition's number."""
        return f"{self.day.isoformat()}-{self.issue}" if self.issue else self.day.isoformat()


@dataclass(frozen=True)
class Drafted:
    """What was written.

    Attributes:
        before: number of yesterday's paper, or "" where none was asked for.
        files: each story's file, by item.
        warnings: what the editor should look at, the importer's own among them.
    """

    head: Head
    folder: Path
    draft: Draft
    before: str
    files: dict[int, str]
    pictures: tuple[Illustration, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Loaded:
    head: Head
    draft: Draft
    before: str
    servers: dict[str, str]
    folders: dict[str, Path]
    limits: Limits
    pictures_max: int
    weather: WeatherPage
    warnings: tuple[str, ...]


def make_draft(runtime: Runtime, request: Request, out: Path) -> Drafted:
    """Write the draft of an edition into the folder `out`, which must not exist or be empty.

    Raises:
        UsageError: nothing to draft, no yesterday's paper, or a folder in use.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty; name a new folder, so that no correction of an editor is lost")
    with runtime.transaction(read_only=True) as session:
        loaded = _load(session, request, runtime.now())
    pictures, unseen = illustrate(loaded.draft.stories, loaded.servers, loaded.folders, loaded.limits, loaded.pictures_max)
    files = write_folder(out, loaded.head, loaded.draft, pictures, loaded.weather)
    with runtime.transaction(read_only=True) as session:
        checked = read_folder(out, segment_documents(session))
    mixed = (f"{hit.item}, {hit.where}: mixes scripts, {hit.rule} ({hit.advice})" for passage in passages(checked.manuscript) for hit in mixed_scripts(passage))
    warnings = dict.fromkeys((*loaded.warnings, *unseen, *mixed, *checked.warnings))
    return Drafted(loaded.head, out, loaded.draft, loaded.before, files, tuple(pictures), tuple(warnings))


def _load(session: Session, request: Request, now: datetime) -> _Loaded:
    publication = find_publication(session, request.publication)
    if publication.kind != "newspaper":
        raise UsageError(f"{publication.slug} is a {publication.kind}; drafts are made of newspapers")
    sources = list_sources(session, publication)
    if not sources:
        raise UsageError(f"{publication.slug} has no sources; `huabao feed add {publication.slug} NAME --url U --section S` names one")
    titles = [publication, *(find_publication(session, slug) for slug in request.beside)]
    before = _before(session, publication, request)
    if request.from_yesterday and before is None:
        raise UsageError(f"{publication.slug} has no edition of the {YESTERDAYS_DAYS} days before {request.day}; leave out --from-yesterday")
    old = Manuscript.from_document(before[1].manuscript) if request.from_yesterday and before is not None else None
    printed = list(_printed(session, titles, request, settings.REPEAT_DAYS.get(session)))
    order = [section.title for section in old.sections] if old is not None else []
    draft = plan_draft(_tellings(session, sources), printed, order, _hour(session, request, now), _policy(session))
    if not draft.stories:
        raise UsageError(_nothing(draft, publication.slug))
    weather = weather_page(session, request.day)
    if weather.briefs:
        draft = replace(draft, missing=tuple(title for title in draft.missing if title != weather.section))
    lunar = lunar_day(request.day)
    title, credit = (old.title, old.credit) if old is not None else (publication.title, None)
    return _Loaded(
        head=Head(publication.slug, request.number, title, request.day, credit, lunar.to_almanac() if lunar is not None else {}, tuple(order)),
        draft=draft,
        before=before[0].number if old is not None and before is not None else "",
        servers={one.name: server_of(one.url) for one in sources if one.url is not None},
        folders={one.name: Path(one.folder) for one in sources if one.folder is not None},
        limits=Limits(settings.PICTURE_BYTES.get(session), settings.FETCH_TIME_S.get(session), settings.REDIRECTS_MAX.get(session)),
        pictures_max=settings.PICTURES_MAX.get(session),
        weather=weather,
        warnings=(*weather.warnings, *_failures(sources), *_segments(old, sources), *(f"nothing was there for “{title}”, nor a fallback" for title in draft.missing)),
    )


def _nothing(draft: Draft, slug: str) -> str:
    reasons: dict[str, int] = {}
    for verdict in draft.verdicts:
        reasons[verdict.why] = reasons.get(verdict.why, 0) + 1
    told = "; ".join(f"{count} × {why}" for why, count in sorted(reasons.items(), key=lambda pair: -pair[1])[:3])
    return f"there is no story for a draft ({told}); look at the settings" if reasons else f"no story has come in; `huabao feed fetch {slug}` asks the sources"


def _policy(session: Session) -> Policy:
    return Policy(
        share_min=settings.STORY_SHARE_MIN.get(session),
        age_h=settings.ITEM_AGE_H.get(session),
        section_stories_max=settings.SECTION_STORIES_MAX.get(session),
        edition_stories_max=settings.EDITION_STORIES_MAX.get(session),
        brief_characters_max=settings.BRIEF_CHARACTERS_MAX.get(session),
        permitted_origins=settings.permitted_origins(session),
    )


def _hour(session: Session, request: Request, now: datetime) -> datetime:
    """The edition's hour, or the present where it is being made late on its own day."""
    hours = {"am": settings.MORNING_HOUR, "pm": settings.EVENING_HOUR}
    if request.issue:
        at = datetime.combine(request.day, time(hours[request.issue].get(session)), SHANGHAI)
    else:
        at = datetime.combine(request.day + timedelta(days=1), time(0), SHANGHAI)
    return max(at, now) if business_day(now) == request.day else at


def _tellings(session: Session, sources: Sequence[FeedSource]) -> list[Telling]:
    by_id = {source.id: source for source in sources}
    rows = session.scalars(select(FeedItem).where(FeedItem.source_id.in_(by_id)).order_by(FeedItem.id))
    return [_telling(row, by_id[row.source_id]) for row in rows]


def _telling(row: FeedItem, source: FeedSource) -> Telling:
    dated = row.updated_at or row.published_at or row.first_seen_at
    return Telling(
        item_id=row.id,
        source=source.name,
        section=source.section,
        rank=source.rank,
        cap=source.cap,
        permitted=source.permitted,
        fallback=source.fallback,
        level=source.level,
        segment=source.segment,
        topics=tuple(dict.fromkeys((*source.topics, *row.topics))),
        guid=row.guid,
        link=row.link,
        title=row.title,
        body=row.body,
        pictures=tuple(Picture(one["url"], one["alt"]) for one in row.pictures),
        origin=row.origin,
        at=max(dated, row.changed_at) if row.revision > 1 else dated,
    )


def _versions(session: Session, publication: Publication, first: date, last: date) -> list[tuple[Edition, EditionVersion]]:
    wanted = (
        select(Edition, EditionVersion)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(Edition.publication_id == publication.id, Edition.state != KILLED_EDITION, EditionVersion.issue_date.between(first, last))
        .order_by(EditionVersion.issue_date.desc(), Edition.id.desc())
    )
    return [(edition, version) for edition, version in session.execute(wanted)]


def _before(session: Session, publication: Publication, request: Request) -> tuple[Edition, EditionVersion] | None:
    """Yesterday's paper: the last one of the same issue (a morning paper follows a morning paper), else the last one."""
    found = [pair for pair in _versions(session, publication, request.day - timedelta(days=YESTERDAYS_DAYS), request.day) if pair[0].number != request.number]
    same = [pair for pair in found if request.issue and pair[0].number.endswith(f"-{request.issue}")]
    return next(iter((*same, *found)), None)


def _printed(session: Session, titles: Sequence[Publication], request: Request, days: int) -> Iterator[Printed]:
    for publication in titles:
        for edition, version in _versions(session, publication, request.day - timedelta(days=days), request.day):
            if publication.slug == request.publication and edition.number == request.number:
                continue
            for item in Manuscript.from_document(version.manuscript).items:
                if item.article is not None:
                    gist = gist_of(item.article.title, "\n".join(item.article.paragraphs))
                    yield Printed(f"{publication.slug}/{edition.number}", item.key, item.article.title, gist)


def _failures(sources: Sequence[FeedSource]) -> Iterator[str]:
    for source in sources:
        if source.failure:
            yield f"source “{source.name}” failed when it was last asked: {source.failure}"
        elif source.fetched_at is None:
            yield f"source “{source.name}” was never asked; `huabao feed fetch` does it"


def _segments(old: Manuscript | None, sources: Sequence[FeedSource]) -> Iterator[str]:
    """Sections that yesterday were for some readers only, and whose sources name no segment: today's would be for everybody."""
    open_sections = {source.section for source in sources if source.segment is None}
    for section in old.sections if old is not None else ():
        if section.title in open_sections and section.items and all(item.rule is not None for item in section.items):
            yield f"yesterday “{section.title}” was for a segment; its sources name none, so today's is for everybody"
