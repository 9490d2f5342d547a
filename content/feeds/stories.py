"""Tellings of one story, merged: updates of a source, the same report of several.

Rules only: no database, no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from content.feeds.likeness import Gist, alike, canonical_link, gist_of
from content.feeds.markup import Picture


@dataclass(frozen=True)
class Telling:
    """One item of one source, as the rules see it.

    Attributes:
        item_id: of its row.
        at: when it was last changed as far as is known, aware.
        compared: the text without what its source writes under all stories; None for the whole.
        others: see `content.feeds.models.FeedSource`.
    """

    item_id: int
    source: str
    section: str
    rank: int
    cap: int | None
    permitted: bool
    fallback: bool
    level: str | None
    segment: str | None
    topics: tuple[str, ...]
    guid: str
    link: str
    title: str
    body: str
    pictures: tuple[Picture, ...]
    origin: str
    at: datetime
    compared: str | None = None

    @property
    def gist(self) -> Gist:
        """What of it is compared."""
        return gist_of(self.title, self.body if self.compared is None else self.compared)


@dataclass(frozen=True)
class Merged:
    """A telling that gave way to another, and by what the two are one story.

    Attributes:
        why: `update` (a newer telling of the same source), `link`, `guid` or `text`.
        share: of the text, 0 to 1; 1 where link or guid decided.
    """

    telling: Telling
    why: str
    share: float


@dataclass(frozen=True)
class Story:
    """A story as it will be told, and the tellings that gave way."""

    teller: Telling
    merged: tuple[Merged, ...] = ()

    @property
    def tellings(self) -> tuple[Telling, ...]:
        """All of them, the teller first."""
        return (self.teller, *(one.telling for one in self.merged))

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that tell it, the teller's first; a story's own origin goes before the source's name."""
        return tuple(dict.fromkeys(one.origin or one.source for one in self.tellings))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Pictures of all tellings, the teller's first."""
        return tuple({picture.url: picture for one in self.tellings for picture in one.pictures}.values())

    @property
    def newest_at(self) -> datetime:
        """When it last moved."""
        return max(one.at for one in self.tellings)


def merge(tellings: Sequence[Telling], share_min: float) -> list[Story]:
    """The stories that `tellings` tell.

    Two are one story where a source gives them one guid, where they link to one page, or where their texts are alike; so
    are two that are each one with a third. Told is the version that the fewest readers would miss: for everybody before
    for a segment, then by rank, then the newest, then the longest.

    Args:
        share_min: see `likeness.alike`.
    """
    links = _linked(tellings)
    for first, second, share in alike([one.gist for one in tellings], share_min):
        links.setdefault((first, second), ("text", share))
    stories = []
    for group in _groups(len(tellings), links):
        order = sorted(group, key=lambda place: _before(tellings[place]))
        teller = order[0]
        stories.append(Story(tellings[teller], tuple(_merged(place, teller, tellings, links) for place in order[1:])))
    return stories


def _before(one: Telling) -> tuple[bool, bool, int, float, int, int]:
    return one.fallback, one.segment is not None, one.rank, -one.at.timestamp(), -len(one.body), one.item_id


def _linked(tellings: Sequence[Telling]) -> dict[tuple[int, int], tuple[str, float]]:
    found: dict[tuple[int, int], tuple[str, float]] = {}
    first: dict[tuple[str, str], int] = {}
    pages = [canonical_link(one.link) for one in tellings]
    # A page that one source gives to several stories is its front page or a list, and tells nothing.
    uses = {(one.source, page, one.guid) for one, page in zip(tellings, pages, strict=True)}
    lists = {page for (_, page), count in Counter((source, page) for source, page, _ in uses).items() if count > 1}
    for place, one in enumerate(tellings):
        for why, key in (("guid", f"{one.source}\n{one.guid}"), ("link", pages[place] if pages[place] not in lists else "")):
            if key:
                earlier = first.setdefault((why, key), place)
                if earlier != place:
                    found.setdefault((earlier, place), (why, 1.0))
    return found


def _groups(count: int, links: dict[tuple[int, int], tuple[str, float]]) -> list[list[int]]:
    leader = list(range(count))

    def head(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for one, other in links:
        low, high = sorted((head(one), head(other)))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for place in range(count):
        groups.setdefault(head(place), []).append(place)
    return list(groups.values())


def _merged(place: int, teller: int, tellings: Sequence[Telling], links: dict[tuple[int, int], tuple[str, float]]) -> Merged:
    direct = links.get((min(place, teller), max(place, teller)))
    if direct is None:  # one with the teller by way of a third
        direct = max((found for pair, found in links.items() if place in pair), key=lambda found: found[1])
    why, share = direct
    if tellings[place].source == tellings[teller].source:
        why = "update"
    return Merged(tellings[place], why, round(share, 2))
