"""Everything that somebody must look at before an edition is approved: the hits of a version, and the rulings on them.

Hits are looked for each time; nothing of them is kept. A hit that `block`s is dealt
with when the text changed so that it is gone, or when a person ruled that it may
stand. A ruling holds for the same words in the same sentence of the same item, in later versions too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.feeds.overnight import moved_on
from content.feeds.settings import PERMITTED_ORIGINS, permitted_origins
from content.folder.repeats import CHARACTERS_COMPARED, TITLE_PAIRS_MIN, TITLE_SHARE_MIN, character_pairs, shared
from content.manuscript import Article, Manuscript
from content.models import Edition, EditionVersion, Publication
from content.workflow.folding import fold
from content.workflow.hits import Hit
from content.workflow.leaders import Named, Protocol
from content.workflow.models import Leader, Ruling, ScreenWord
from content.workflow.notes import desk_of
from content.workflow.passages import passages
from content.workflow.scripts import mixed_scripts
from content.workflow.settings import REPEAT_DAYS, REPEAT_SHARE_MIN
from content.workflow.standins import missing
from content.workflow.words import Screen, Word
from huabao import audit
from huabao.clock import shanghai_text
from huabao.errors import UsageError

PAPERS_COMPARED_MAX = 50


@dataclass(frozen=True)
class Finding:
    """A hit and what was decided about it."""

    hit: Hit
    ruling: Ruling | None

    @property
    def open(self) -> bool:
        """Whether it stands in the way of an approval."""
        return self.hit.severity == "block" and self.ruling is None

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        ruled = self.ruling
        return {
            **self.hit.to_document(), "open": self.open,
            "ruling": None if ruled is None else {"by": ruled.by, "at": ruled.at.isoformat(), "reason": ruled.reason},
        }  # fmt: skip


def screen(session: Session, edition: Edition, version: EditionVersion) -> list[Finding]:
    """The hits of a version, what blocks first, each kind in reading order."""
    return screen_text(session, edition, Manuscript.from_document(version.manuscript), version.created_at)


def screen_text(session: Session, edition: Edition, manuscript: Manuscript, since: datetime) -> list[Finding]:
    """The same of a text that is a version, or may become one.

    Args:
        since: stories that were told anew after that have moved on.
    """
    rulings = {one.mark: one for one in session.scalars(select(Ruling).where(Ruling.edition_id == edition.id))}
    found = [*_in_texts(session, manuscript), *_repeats(session, edition, manuscript), *_sections(session, edition, manuscript), *_sources(session, manuscript)]
    found += _moved_on(session, edition, since, manuscript)
    found.sort(key=lambda hit: hit.severity != "block")
    return [Finding(hit, rulings.get(hit.mark)) for hit in found]


def _in_texts(session: Session, manuscript: Manuscript) -> Iterator[Hit]:
    lists = Screen(Word(one.listed_in, one.word, one.severity, one.note, one.advice) for one in session.scalars(select(ScreenWord)))
    leaders = Protocol([Named(one.name, one.title, one.place, one.until) for one in session.scalars(select(Leader))], manuscript.issue_date)
    for _, texts in groupby(passages(manuscript), key=lambda one: one.item):
        article = list(texts)
        for passage in article:
            yield from lists.look(passage)
            yield from mixed_scripts(passage)
        yield from leaders.look(article)


def _repeats(session: Session, edition: Edition, manuscript: Manuscript) -> Iterator[Hit]:
    """Articles that stood in a paper of the days before, or of the same day."""
    day = manuscript.issue_date
    if manuscript.kind != "newspaper":
        return
    near = (
        select(Publication.slug, Edition.number, EditionVersion.manuscript)
        .join(Edition, Edition.publication_id == Publication.id)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(Edition.kind == "newspaper", Edition.id != edition.id, EditionVersion.issue_date.between(day - timedelta(days=REPEAT_DAYS.get(session)), day))
        .order_by(EditionVersion.issue_date.desc(), Edition.id.desc())
        .limit(PAPERS_COMPARED_MAX)
    )
    before = [(f"{slug}/{number}", *gist) for slug, number, document in session.execute(near) for gist in _gists(Manuscript.from_document(document))]
    least = REPEAT_SHARE_MIN.get(session)
    for key, title, title_pairs, text_pairs in _gists(manuscript):
        for paper, _, other, other_titles, other_texts in before:
            text, headline = shared(text_pairs, other_texts), shared(title_pairs, other_titles)
            if text >= least or (headline >= TITLE_SHARE_MIN and min(len(title_pairs), len(other_titles)) >= TITLE_PAIRS_MIN):
                told = f"stood in {paper} as “{other}” ({text:.0%} of the text)"
                yield Hit("repeat", "warn", key, "title", title, told, advice="keep it only if there is news in it", sentence=title)
                break


def _gists(manuscript: Manuscript) -> Iterator[tuple[str, str, frozenset[str], frozenset[str]]]:
    for item in manuscript.items:
        article = item.article
        if article is not None and article.quiz is None:
            text = "".join(article.paragraphs)[:CHARACTERS_COMPARED]
            yield item.key, article.title, character_pairs(fold(article.title).text), character_pairs(fold(text).text)


def _sections(session: Session, edition: Edition, manuscript: Manuscript) -> Iterator[Hit]:
    """Sections that stand in for what nobody delivered, and planned ones that nothing fills."""
    for section in manuscript.sections:
        if section.standin:
            told = f"nobody delivered it: {section.standin} stands in"
            yield Hit("section", "warn", "", f"section {section.title}", section.title, told, advice="import the folder with its articles", sentence=section.standin)
    if manuscript.kind != "comic":
        for title in missing(manuscript, desk_of(session, edition.publication_id).sections):
            told = "it is planned and missing, and nothing stands in for it"
            yield Hit("section", "block", "", f"section {title}", title, told, advice="deliver it, or rule why it may be missing")


def _sources(session: Session, manuscript: Manuscript) -> Iterator[Hit]:
    """Articles whose source is none that the desk may take over."""
    permitted = permitted_origins(session)
    for item in manuscript.items:
        for name in sources_of(item.article) if item.article is not None and permitted else ():
            if name not in permitted:
                told = "it is no permitted news source"
                yield Hit("source", "block", item.key, "source", name, told, source=PERMITTED_ORIGINS.name, advice="take another source's report", sentence=name)


def _moved_on(session: Session, edition: Edition, since: datetime, manuscript: Manuscript) -> Iterator[Hit]:
    """Stories that a source tells anew since the version came."""
    titles = {item.key: item.article.title for item in manuscript.items if item.article is not None}
    for one in moved_on(session, since, manuscript, edition.publication_id):
        told = f"{one.source} told it anew at {shanghai_text(one.at)} as “{one.title}” ({one.share:.0%} shared)"
        yield Hit("moved_on", "warn", one.item, "title", titles[one.item], told, advice="look whether the article is still true", sentence=one.title)


def sources_of(article: Article) -> list[str]:
    """Whom an article names as its source: `source`, else a credit that begins with 来源."""
    credit = article.credit or ""
    named = article.source or (credit.removeprefix("来源").lstrip("：: ") if credit.startswith("来源") else "")
    return [name.strip() for name in re.split(r"[、，,；;]", named) if name.strip()]


def rule_on(session: Session, edition: Edition, mark: str, *, reason: str, by: str, at: datetime) -> Ruling:
    """Let a hit stand.

    Raises:
        UsageError: no hit of the present version has that mark, it is ruled on already, or there is no reason.
    """
    if not reason.strip():
        raise UsageError("say why it may stand: --reason TEXT")
    version = session.get_one(EditionVersion, edition.current_version_id)
    finding = next((one for one in screen(session, edition, version) if one.hit.mark == mark), None)
    if finding is None:
        raise UsageError(f"version {version.version} of edition {edition.id} has no hit {mark!r}; `huabao edition hits {edition.id}` shows them")
    if finding.ruling is not None:
        raise UsageError(f"{finding.ruling.by} ruled on it already: {finding.ruling.reason}")
    ruling = Ruling(edition_id=edition.id, mark=mark, found=finding.hit.found[:200], reason=reason.strip(), at=at, by=by[:80])
    session.add(ruling)
    session.flush()
    audit.record(
        session, actor=by, action="edition.rule", object_kind="edition", object_id=edition.id, at=at, mark=mark, kind=finding.hit.kind, found=finding.hit.found, reason=reason
    )
    return ruling
