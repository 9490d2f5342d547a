"""A magazine: cover, contents, front, service, essays, quiz and comic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from content.adapt import PictureRequest
from content.compose.captions import issue_line, shortened
from content.compose.issue import Issue
from content.compose.layout import Layout, end_slides, pieces_of, places
from content.compose.pieces import Piece
from content.compose.slides import Plan, Slide
from content.draw import cover, section_band
from content.manuscript import MAGAZINE_PARTS

CONTENTS_BAND = "目录"
COVER_TITLES_MAX = 3


def plan(issue: Issue) -> Plan:
    """The magazine in slides."""
    pieces = pieces_of(issue)
    front = (_cover(issue), *_contents(issue))
    return Layout(issue, front, pieces, turn_of(pieces), end_slides(issue)).plan()


def turn_of(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The first of each of the four parts, then the first of each other section, then the second of each."""
    place = places(pieces)
    return tuple(sorted(range(len(pieces)), key=lambda number: (place[number], pieces[number].section.part not in MAGAZINE_PARTS, number)))


def _cover(issue: Issue) -> Slide:
    manuscript, handset = issue.manuscript, issue.handset
    source = issue.cover_picture()
    subtitle = issue_line(manuscript)
    key = issue.drawn_key("cover", source.sha256 if source else "")
    image = issue.pictures.drawn(key, lambda: cover(issue.decoded(source) if source else None, manuscript.title, subtitle, handset, style=issue.style))
    picture = PictureRequest(key, image, handset.width_px, handset.height_px, "photo", crop=False, rank=0, optional=False)
    title = shortened(manuscript.title, handset.slide_chars_max - len(subtitle) - 1)
    return Slide(_cover_text(issue, title, subtitle), picture)


def _cover_text(issue: Issue, title: str, line: str) -> str:
    """Title, number, and up to three titles, of different sections, where the design has them on its cover and they fit."""
    found = [item.article.title for section in issue.sections for item in section.items[:1] if item.article and item.article.title != section.title]
    template, taken = issue.template("cover"), found[:COVER_TITLES_MAX]
    while taken and len(template.render(title=title, line=line, headlines=taken)) > issue.handset.slide_chars_max:
        taken.pop()
    return template.render(title=title, line=line, headlines=taken)


def _contents(issue: Issue) -> tuple[Slide, ...]:
    """The contents: each section with its titles, whole titles only, the longest list shortened first."""
    if len(issue.sections) < 2:
        return ()
    handset = issue.handset
    titles = [[item.article.title for item in section.items if item.article and item.article.title != section.title] for section in issue.sections]
    shown = [len(one) for one in titles]
    while len(_contents_text(issue, titles, shown)) > handset.slide_chars_max and max(shown) > 1:
        shown[shown.index(max(shown))] -= 1
    text = _contents_text(issue, titles, shown)
    key = issue.drawn_key("band", CONTENTS_BAND)
    band = issue.pictures.drawn(key, lambda: section_band(CONTENTS_BAND, handset, style=issue.style))
    return (Slide(text, PictureRequest(key, band, handset.width_px, handset.height_px, "type", crop=False, rank=900)),)


def _contents_text(issue: Issue, titles: list[list[str]], shown: list[int]) -> str:
    lines: list[dict[str, Any]] = [
        {"section": section.title, "titles": all_[:count], "left": count < len(all_), "count": len(all_)}
        for section, all_, count in zip(issue.sections, titles, shown, strict=True)
    ]
    return issue.template("contents").render(lines=lines)
