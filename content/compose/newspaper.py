"""A newspaper: the nameplate with the day's headlines, then story by story, section by section."""

from __future__ import annotations

from collections.abc import Sequence

from content.adapt import PictureRequest
from content.compose.captions import issue_line, shortened
from content.compose.issue import Issue
from content.compose.layout import Layout, end_slides, pieces_of, places
from content.compose.pieces import Piece
from content.compose.slides import Plan, Slide
from content.draw import masthead


def plan(issue: Issue) -> Plan:
    """The newspaper in slides."""
    pieces = pieces_of(issue)
    return Layout(issue, (_masthead(issue),), pieces, turn_of(pieces), end_slides(issue)).plan()


def turn_of(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The lead section whole, then the first story of each section, then the second of each."""
    place = places(pieces)
    lead = [number for number, piece in enumerate(pieces) if piece.section is pieces[0].section]
    rest = [number for number in range(len(pieces)) if number not in lead]
    return (*lead, *sorted(rest, key=lambda number: (place[number], number)))


def _masthead(issue: Issue) -> Slide:
    manuscript, handset = issue.manuscript, issue.handset
    line = issue_line(manuscript)
    key = issue.drawn_key("masthead")
    image = issue.pictures.drawn(key, lambda: masthead(manuscript.title, line, manuscript.issue_date, handset, style=issue.style))
    picture = PictureRequest(
        key, image, handset.width_px, round(handset.height_px * issue.style.picture_share), "type", crop=False, rank=0, optional=False
    )
    return Slide(_headlines(issue), picture)


def _headlines(issue: Issue) -> str:
    """Title, day, and as many headlines as the slide takes: each section's first ones in turn, in their order."""
    manuscript = issue.manuscript
    articles = [(section_number, number, item.article.title) for section_number, section in enumerate(issue.sections) for number, item in enumerate(section.items) if item.article]
    turn = sorted(articles, key=lambda entry: (entry[0] != 0, entry[1], entry[0]))
    taken: list[tuple[int, int, str]] = []
    title = shortened(manuscript.title, issue.handset.slide_chars_max - len(_render("", issue, [])) - 1)
    text = _render(title, issue, [])
    for entry in turn:
        tried = _render(title, issue, [headline for _, _, headline in sorted([*taken, entry])])
        if len(tried) <= issue.handset.slide_chars_max:
            taken.append(entry)
            text = tried
    return text


def _render(title: str, issue: Issue, headlines: list[str]) -> str:
    return issue.template("masthead").render(title=title, date=issue.manuscript.issue_date, almanac=issue.manuscript.almanac_line, headlines=headlines)
