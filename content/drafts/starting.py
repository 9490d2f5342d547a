"""New editions: from nothing, or from the paper before with its order of sections, the lunar date and the weather filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.almanac.calendar import lunar_day
from content.almanac.page import weather_page
from content.drafts import holding
from content.drafts.documents import Document, check_whole, empty
from content.drafts.markdown import markdown_of
from content.drafts.models import EditionDraft
from content.drafts.saving import Draft, put
from content.drafts.unfolding import draft_of
from content.folder.reader import NUMBER
from content.manuscript import MAGAZINE_PARTS, Manuscript
from content.models import Edition, EditionVersion, Publication
from content.services import KILLED_EDITION
from content.workflow.notes import desk_of
from huabao import audit
from huabao.errors import UsageError

YESTERDAYS_DAYS = 14
"""A paper older than that is nobody's yesterday, holidays included."""

PART_TITLES: Mapping[str, str] = {"front": "卷首", "service": "业务介绍", "quiz": "有奖问答", "comic": "四格漫画"}
"""Titles of a magazine's four parts, to begin with."""

FIRST_SECTION = "要闻"


@dataclass(frozen=True)
class Wish:
    """Which edition is to be begun.

    Attributes:
        from_before: take title, credit, cover's place and the order of sections from the edition before.
    """

    publication: str
    number: str
    day: date
    from_before: bool = False


@dataclass(frozen=True)
class Begun:
    """What was begun.

    Attributes:
        before: number of the edition before, "" where none was taken.
        warnings: what the editor should look at.
    """

    edition_id: int
    before: str
    warnings: tuple[str, ...]


def begin(session: Session, wish: Wish, *, by: str, now: datetime, city: str = "") -> Begun:
    """Begin an edition: its draft, no version yet.

    Raises:
        UsageError: no such publication, a number that is taken or none, nothing to begin from, or an editor of one city asks.
    """
    if city:
        raise UsageError(f"an editor of {city} begins no edition; ask the main desk")
    publication = session.scalar(select(Publication).where(Publication.slug == wish.publication))
    if publication is None:
        raise UsageError(f"there is no publication {wish.publication[:60]!r}")
    if not NUMBER.fullmatch(wish.number):
        raise UsageError(f"`{wish.number[:60]}` is no number of an edition: up to 60 characters without blanks and slashes")
    if session.scalar(select(Edition.id).where(Edition.publication_id == publication.id, Edition.number == wish.number)) is not None:
        raise UsageError(f"there is an edition {publication.slug}/{wish.number} already")
    document, before, warnings = _document(session, publication, wish)
    check_whole(document)
    edition = Edition(publication_id=publication.id, number=wish.number, kind=publication.kind, state="draft", created_at=now)
    session.add(edition)
    session.flush()
    nothing = Draft(empty(document["edition"]), 0, None, None, by, is_behind=False, is_kept=False)
    session.add(
        EditionDraft(
            edition_id=edition.id, revision=0, title="", issue_date=wish.day, document=nothing.document, base_version_id=None, kept_revision=None, saved_at=now, saved_by=by[:80]
        )
    )  # fmt: skip
    session.flush()
    put(session, edition, nothing, document, (), by=by, now=now, note="begun")
    holding.hold(session, edition, set(), by=by, at=now)
    audit.record(session, actor=by, action="edition.begin", object_kind="edition", object_id=edition.id, at=now, publication=publication.slug, number=wish.number, before=before)
    return Begun(edition.id, before, warnings)


def next_number(session: Session, publication: Publication, day: date) -> str:
    """A number that the next edition may have: the last one counted on where it ends in a figure, else the day; one that is free."""
    last = session.scalar(select(Edition.number).where(Edition.publication_id == publication.id).order_by(Edition.id.desc()).limit(1))
    figures = _figures(last or "")
    wanted = [day.isoformat()] if last is None or not figures or _is_dated(last) else [last[: -len(figures)] + str(int(figures) + 1).zfill(len(figures))]
    if last is not None and _is_dated(last):
        wanted = [f"{day.isoformat()}{last[10:]}", f"{day.isoformat()}-am", f"{day.isoformat()}-pm"]
    taken = set(session.scalars(select(Edition.number).where(Edition.publication_id == publication.id, Edition.number.in_(wanted))))
    return next((one for one in wanted if one not in taken), "")


def _is_dated(number: str) -> bool:
    try:
        date.fromisoformat(number[:10])
    except ValueError:
        return False
    return True


def _figures(number: str) -> str:
    end = number[len(number.rstrip("0123456789")) :]
    return end if end.isascii() and len(end) < 10 else ""


def before_of(session: Session, publication: Publication, day: date, number: str) -> tuple[str, Manuscript] | None:
    """Number and text of the edition before that day; of a paper that comes twice a day the same issue's first."""
    wanted = (
        select(Edition.number, EditionVersion.manuscript)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(
            Edition.publication_id == publication.id, Edition.state != KILLED_EDITION, Edition.number != number,
            EditionVersion.issue_date <= day, EditionVersion.issue_date >= day - timedelta(days=YESTERDAYS_DAYS if publication.kind == "newspaper" else 400),
        )
        .order_by(EditionVersion.issue_date.desc(), Edition.id.desc())
        .limit(2 * YESTERDAYS_DAYS)
    )  # fmt: skip
    rows = session.execute(wanted).all()
    issue = number.rpartition("-")[2]
    same = [row for row in rows if issue in ("am", "pm") and row.number.endswith(f"-{issue}")]
    row = next(iter((*same, *rows)), None)
    return None if row is None else (row.number, Manuscript.from_document(row.manuscript))


def _document(session: Session, publication: Publication, wish: Wish) -> tuple[Document, str, tuple[str, ...]]:
    head: dict[str, Any] = {"publication": publication.slug, "kind": publication.kind, "number": wish.number, "title": publication.title, "date": wish.day.isoformat()}
    found = before_of(session, publication, wish.day, wish.number) if wish.from_before else None
    if wish.from_before and found is None:
        raise UsageError(f"{publication.slug} has no edition before {wish.day} to begin from; begin from nothing")
    document = empty(head)
    if publication.kind == "newspaper":
        lunar = lunar_day(wish.day)
        head["almanac"] = lunar.to_almanac() if lunar is not None else {}
    if found is not None:
        _as_before(session, publication, document, found[1])
    elif publication.kind == "magazine":
        document["edition"]["sections"] = [{"title": PART_TITLES[part], "part": part, "items": []} for part in MAGAZINE_PARTS]
    elif publication.kind == "newspaper":
        planned = desk_of(session, publication.id).sections
        document["edition"]["sections"] = [_planned(one) for one in planned] or [{"title": FIRST_SECTION, "items": []}]
    else:
        document["edition"] |= {"reading": "ltr", "pages": []}
    document["edition"] = {**head, **document["edition"]}
    warnings = _with_weather(session, document, wish.day) if publication.kind == "newspaper" else ()
    return document, found[0] if found else "", warnings


def _planned(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": one["title"], **({"city": one["city"]} if one.get("city") else {}), "items": []}


def _as_before(session: Session, publication: Publication, document: Document, old: Manuscript) -> None:
    """Masthead, credit and order as the edition before had them; no story of it."""
    drawn = draft_of(old, design=publication.design, shares=desk_of(session, publication.id).shares)["edition"]
    document["edition"] |= {key: drawn[key] for key in ("title", "credit", "design", "shares", "reading", "slots") if key in drawn}
    document["edition"].pop("slots", None)  # declared again with the first text that uses one
    if old.kind == "comic":
        document["edition"]["pages"] = []
    else:
        keys = ("title", "part", "segment", "short_title", "city", "offers")
        document["edition"]["sections"] = [{**{key: one[key] for key in keys if key in one}, "items": []} for one in drawn["sections"]]


def _with_weather(session: Session, document: Document, day: date) -> tuple[str, ...]:
    """Write the weather's briefs into their section, which is made where there is none."""
    page = weather_page(session, day)
    if not page.briefs:
        return page.warnings
    names = []
    for number, brief in enumerate(page.briefs, 1):
        name = f"articles/weather-{number:02}.md"
        document["articles"][name] = {"front": dict(brief.front), "body": markdown_of([one for one in brief.body.split("\n") if one.strip()])}
        names.append(name)
    sections = document["edition"].setdefault("sections", [])
    here = next((one for one in sections if one["title"] == page.section), None)
    if here is None:
        sections.append({"title": page.section, "items": names})
    else:
        here["items"] = [*here["items"], *names]
    return page.warnings
