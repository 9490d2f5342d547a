"""Three streams in order of numbers merged by key, (msisdn, service), a few thousand keys at a time.

A key, its side and its state are packed in one 64-bit number, highest first: number (35 bits),
rank of the service among the names (24), side (2), state (2). Sorting the numbers of the three
sides together brings each key's sides next to each other; the difference of neighbours says where a key begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import NONE, UNREADABLE, Columns, Services, joined
from reconciliation.codecs.feeds.digits import Ints

RANK_BITS: Final = 24
_STATE_BITS: Final = 2
_SIDE_BITS: Final = 2
_KEY_SHIFT: Final = _STATE_BITS + _SIDE_BITS
ABSENT: Final = 0
"""Of a side in a combination; its records have state + 1."""

SIDE_BITS: Final = 3
"""Of a combination, for each side: BOSS lowest."""

_PLACES: Final = np.array([(state + 1) << (SIDE_BITS * side) if side < 3 else 0 for side in range(4) for state in range(4)], np.int64)

OnRepeated = Callable[[Columns], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some keys with all that the three sides say of them.

    Attributes:
        keys: number and rank of the service, ascending.
        combined: for each key the states of its sides, `SIDE_BITS` bits each, `ABSENT` for none.
        rows: of each side, in order of keys.
        places: of each side, the index in `keys` of each row.
    """

    keys: Ints
    combined: Ints
    rows: tuple[Columns, Columns, Columns]
    places: tuple[Ints, Ints, Ints]


def pack_keys(msisdn: Ints, service: Ints, services: Services) -> Ints:
    """Keys of numbers and services as 64-bit numbers that sort as (msisdn, service_id) do."""
    return np.asarray(msisdn << RANK_BITS | services.ranks()[service])


class _Pending:
    """What one side has read ahead."""

    def __init__(self, stream: Iterator[Columns]) -> None:
        self._stream = stream
        self.rows: Columns | None = None
        self.ended = False

    def pull(self) -> None:
        """Read one block more."""
        more = next(self._stream, None)
        if more is None:
            self.ended = True
        else:
            self.rows = more if self.rows is None or not len(self.rows) else joined([self.rows, more])

    def take(self, below: int | None) -> Columns:
        """The rows with a lower number; all for None."""
        if self.rows is None:
            return joined([])
        at = len(self.rows) if below is None else int(np.searchsorted(self.rows.msisdn, below))
        taken, self.rows = self.rows[:at], self.rows[at:]
        return taken


def merged(streams: Sequence[Iterator[Columns]], services: Services, whole: Sequence[bool], on_repeated: Sequence[OnRepeated]) -> Iterator[Chunk]:
    """All keys of three streams, each of which is in order of numbers.

    Args:
        whole: of each side, whether a second line of a key is a mistake (the key is unreadable then); else the last holds.
        on_repeated: of each side, is given the second and later lines of such a key.
    """
    sides = [_Pending(stream) for stream in streams]
    for side in reversed(sides):  # what this process reads itself comes last, and the others are at work meanwhile
        side.pull()
    while True:
        low = min((int(side.rows.msisdn[-1]) for side in sides if not side.ended and side.rows is not None and len(side.rows)), default=None)
        taken = [side.take(low) for side in sides]
        if any(len(rows) for rows in taken):
            yield _chunk([_single(*one, services) for one in zip(taken, whole, on_repeated, strict=True)])
        if all(side.ended for side in sides) and low is None:
            return
        for side in sides:
            if not side.ended and (side.rows is None or not len(side.rows) or int(side.rows.msisdn[-1]) == low):
                side.pull()


def _single(rows: Columns, whole: bool, on_repeated: OnRepeated, services: Services) -> tuple[Columns, Ints]:
    """One row for each key, in order of keys, and the keys."""
    keys = pack_keys(rows.msisdn, rows.service, services) if len(rows) else rows.msisdn
    if bool((keys[1:] > keys[:-1]).all()):
        return rows, keys
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order], keys[order]
    again = keys[1:] == keys[:-1]
    if not again.any():
        return rows, keys
    if whole:
        later = np.concatenate([[False], again])
        on_repeated(rows[later])
        unclear = later | np.concatenate([again, [False]])
        rows.state[unclear] = UNREADABLE
        rows.effective[unclear] = rows.price[unclear] = rows.payer[unclear] = NONE
    last = np.concatenate([~again, [True]])
    return rows[last], keys[last]


def _chunk(sides: Sequence[tuple[Columns, Ints]]) -> Chunk:
    parts = [(keys << _KEY_SHIFT) | (side << _STATE_BITS) | rows.state for side, (rows, keys) in enumerate(sides)]
    mixed = np.concatenate(parts)
    mixed.sort(kind="stable")  # three sorted parts: little more than a merge
    keys = mixed >> _KEY_SHIFT
    begins = np.empty(len(keys), np.bool_)
    begins[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=begins[1:])
    first = np.flatnonzero(begins)
    place = np.cumsum(begins) - 1
    tags = mixed & ((1 << _KEY_SHIFT) - 1)
    combined = np.add.reduceat(_PLACES[tags], first)
    side_of = tags >> _STATE_BITS
    places = tuple(_places(place, side_of, side, len(rows), len(first)) for side, (rows, _) in enumerate(sides))
    boss, misc, platform = (rows for rows, _ in sides)
    return Chunk(keys[first], combined, (boss, misc, platform), (places[0], places[1], places[2]))


def _places(place: Ints, side_of: npt.NDArray[np.int64], side: int, rows: int, keys: int) -> Ints:
    return np.arange(keys) if rows == keys else place[side_of == side]
