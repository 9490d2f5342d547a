"""Slides by level: what the province's, a group's and a city's items are to have of an edition, and what they have.

Where slides are few, each level gets its share of them, rounded by largest remainders;
what a level has no use for goes to the others, by their shares again. Stories that
share a slide have a part of it each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from content.compose.allotment import Sizes, Wish
from content.compose.message import Composition
from content.compose.pieces import Piece
from content.manuscript import LEVELS, Manuscript

Spent = Mapping[str, Fraction]
"""Slides by level."""


def quotas(shares: Mapping[str, float], slides: int) -> dict[str, int]:
    """Whole slides by level, `slides` together: largest remainders, of equal ones the larger share's, then in the order given."""
    whole = sum(Fraction(share).limit_denominator(10_000) for share in shares.values())
    if whole <= 0 or slides <= 0:
        return dict.fromkeys(shares, 0)
    exact = {level: Fraction(share).limit_denominator(10_000) / whole * slides for level, share in shares.items()}
    found = {level: int(value) for level, value in exact.items()}
    order = sorted(exact, key=lambda level: (found[level] - exact[level], -exact[level]))
    for level in order[: slides - sum(found.values())]:
        found[level] += 1
    return found


def spent(levels: Mapping[str, str], slides: Iterable[Sequence[str]]) -> dict[str, Fraction]:
    """Slides by level.

    Args:
        levels: of each item, by its key.
        slides: keys of the items on each.
    """
    found = dict.fromkeys(LEVELS, Fraction(0))
    for keys in slides:
        for key in keys:
            found[levels[key]] += Fraction(1, len(keys))
    return found


@dataclass
class Sharing:
    """An allotment that keeps to shares.

    Attributes:
        pieces: in order.
        levels: of each piece.
        count: slides of the whole edition with the sizes given.
        used: slides by level with the sizes given.
    """

    pieces: Sequence[Piece]
    levels: Sequence[str]
    count: Callable[[Sizes], int]
    used: Callable[[Sizes], Spent]
    slides_max: int

    def allot(self, asked: Sequence[Wish], shares: Mapping[str, float]) -> Sizes:
        """The sizes that fit, each level within its share first; then what is left over, by the shares of those who still want some, till nobody does."""
        self._sizes: Sizes = dict.fromkeys(range(len(self.pieces)), 0)
        self._refused: set[int] = set()
        limits: dict[str, Fraction] = {level: Fraction(slides) for level, slides in quotas(shares, self.slides_max - self.count(self._sizes)).items()}
        while True:
            before = dict(self._sizes)
            held = self._grant(asked, limits)
            left = self.slides_max - self.count(self._sizes)
            if not held or left <= 0 or before == self._sizes:
                break
            used = self.used(self._sizes)
            more = quotas({level: shares.get(level, 0.0) for level in LEVELS if level in held}, left)
            limits = {level: used[level] + more.get(level, 0) for level in LEVELS}
        self._grant(asked, None)
        return self._sizes

    def _grant(self, asked: Sequence[Wish], limits: Spent | None) -> set[str]:
        """Grant what fits, in the order asked; the levels of pieces that wait for room in their share."""
        waiting: set[int] = set()
        for wish in asked:
            size = self.pieces[wish.piece].sizes[wish.level]
            if wish.piece in self._refused or wish.piece in waiting or size <= self._sizes[wish.piece]:
                continue
            tried = {**self._sizes, wish.piece: size}
            level = self.levels[wish.piece]
            if self.count(tried) > self.slides_max:
                self._refused.add(wish.piece)
            elif limits is not None and self.used(tried)[level] > limits.get(level, Fraction(0)):
                waiting.add(wish.piece)
            else:
                self._sizes = tried
        return {self.levels[piece] for piece in waiting}


@dataclass(frozen=True)
class LevelShare:
    """What one level has of a message.

    Attributes:
        wanted: the share that the edition sets.
        share: of the slides of items that it has.
        missing: slides that it has less than its share asks for; negative where it has more.
        moved: something of it is not in the message that more slides could show.
    """

    level: str
    slides: float
    wanted: float
    share: float
    missing: float
    moved: bool

    @property
    def short(self) -> bool:
        """Whether it has a whole slide less than its share, and a use for it."""
        return self.moved and self.missing >= 1

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"slides": round(self.slides, 2), "wanted": self.wanted, "share": round(self.share, 3)}


def level_shares(manuscript: Manuscript, made: Composition) -> tuple[LevelShare, ...]:
    """What each level has of a message, in the order of `LEVELS`; nothing where the edition sets no shares."""
    if not manuscript.shares:
        return ()
    levels = {item.key: item.level for item in manuscript.items}
    gone = {moved.item for moved in made.moved if moved.what == "item"}
    found = spent(levels, [slide.items for slide in made.slides if slide.items and not gone.issuperset(slide.items)])
    whole = float(sum(found.values()))
    waiting = {levels[moved.item] for moved in made.moved if moved.what != "picture"}
    return tuple(_level_share(level, float(slides), manuscript.shares.get(level, 0.0), whole, moved=level in waiting) for level, slides in found.items())


def _level_share(level: str, slides: float, wanted: float, whole: float, *, moved: bool) -> LevelShare:
    return LevelShare(level, slides, wanted, slides / whole if whole else 0.0, wanted * whole - slides, moved)
