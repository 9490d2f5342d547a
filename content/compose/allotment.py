"""How many slides each piece gets: everybody one before anybody two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from content.compose.pieces import Piece, StripPiece

Sizes = dict[int, int]
"""Slides by the piece's place in the edition; 0: it is not in the message."""


@dataclass(frozen=True)
class Wish:
    """Piece number `piece` would like its `level`-th size (0 is the smallest)."""

    piece: int
    level: int


def wishes(pieces: Sequence[Piece], first: Iterable[int]) -> list[Wish]:
    """Who asks in which turn: `first` in that order, then the others; then all again for their next size, strips before texts."""
    order = list(first)
    order += [number for number in range(len(pieces)) if number not in set(order)]
    most = max((len(piece.sizes) for piece in pieces), default=0)
    found = [Wish(number, level) for level in range(most) for number in order if level < len(pieces[number].sizes)]
    return sorted(found, key=lambda wish: (wish.level, wish.level == 0 or not isinstance(pieces[wish.piece], StripPiece)))


def allot(pieces: Sequence[Piece], asked: Sequence[Wish], count: Callable[[Sizes], int], slides_max: int) -> Sizes:
    """The sizes that fit `slides_max`, granted in the order asked; a refused piece asks no more.

    Args:
        count: how many slides the whole edition has with the sizes given.
    """
    sizes: Sizes = dict.fromkeys(range(len(pieces)), 0)
    refused: set[int] = set()
    for wish in asked:
        if wish.piece in refused:
            continue
        tried = {**sizes, wish.piece: pieces[wish.piece].sizes[wish.level]}
        if count(tried) <= slides_max:
            sizes = tried
        else:
            refused.add(wish.piece)
    return sizes
