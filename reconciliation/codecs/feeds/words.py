"""Short texts in bulk: each cell to the number of its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from reconciliation.codecs.feeds.digits import FIRST, Flags, Ints, Words

CELL_BYTES_MAX: Final = 48
"""Longer cells go line by line."""

FEW: Final = 6
"""So many entries are compared one after the other; more are looked up in a sorted table."""

_FACTORS: Final = np.array([1, *(pow(0x9E3779B97F4A7C15, n, 1 << 64) for n in range(2, 8))], np.uint64)
_LENGTH: Final = np.uint64(0xC2B2AE3D27D4EB4F)

Cells = tuple[list[Words], Ints]
"""Words of eight bytes of each cell, zeros behind its end, and its length."""


def cells(words: Callable[[Ints], Words], starts: Ints, lengths: Ints) -> Cells:
    """The cells at `starts`, each of at most `CELL_BYTES_MAX` bytes."""
    longest = int(lengths.max(initial=1))
    found = [words(starts) & FIRST[np.minimum(lengths, 8) if longest > 8 else lengths]]
    for at in range(8, longest, 8):
        rows = np.flatnonzero(lengths > at)
        more = np.zeros(len(lengths), np.uint64)
        more[rows] = words(starts[rows] + at) & FIRST[np.minimum(lengths[rows] - at, 8)]
        found.append(more)
    return found, lengths


class Vocabulary:
    """Texts that came up so far, each with the number that `meaning` gives it.

    Args:
        meaning: of a cell's bytes; None where it has none. Asked once for each text.
    """

    def __init__(self, meaning: Callable[[bytes], int | None]) -> None:
        self._meaning = meaning
        self._known: dict[bytes, int] = {}
        self._keys = np.zeros(0, np.uint64)
        self._values = np.zeros(0, np.int64)
        self._words = np.zeros((CELL_BYTES_MAX // 8, 0), np.uint64)

    def find(self, cells: Cells) -> tuple[Ints, Flags]:
        """The number of each cell, and whether it has one; what is new is asked for."""
        keys = _keys(*cells)
        values, found = self._find(keys, cells[0])
        if not found.all() and self._learn(keys, cells, np.flatnonzero(~found)):
            values, found = self._find(keys, cells[0])
        return values, found

    def _find(self, keys: Words, words: Sequence[Words]) -> tuple[Ints, Flags]:
        if not len(self._keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
        if len(self._keys) == 1:
            found = keys == self._keys[0]
            for at, one in enumerate(words):
                found &= one == self._words[at, 0]
            return np.full(len(keys), self._values[0]), found
        at_key = self._places(keys)
        found = self._keys[at_key] == keys
        for at, one in enumerate(words):
            found &= one == self._words[at][at_key]
        return self._values[at_key], found

    def _places(self, keys: Words) -> Ints:
        if len(self._keys) <= FEW:
            places = np.zeros(len(keys), np.int64)
            for at, key in enumerate(self._keys[1:], 1):
                places += (keys == key) * at
            return places
        return np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)

    def _learn(self, keys: Words, cells: Cells, rows: Ints) -> bool:
        """Take up the new texts of these rows; whether any has a meaning."""
        words, lengths = cells
        learnt = False
        for row in rows[np.unique(keys[rows], return_index=True)[1]]:
            text = b"".join(one[row].tobytes() for one in words)[: lengths[row]]
            if text in self._known or (value := self._meaning(text)) is None:
                continue
            at = int(np.searchsorted(self._keys, keys[row]))
            if at < len(self._keys) and self._keys[at] == keys[row]:
                continue  # two texts of one key: the second goes line by line
            self._known[text], learnt = value, True
            self._keys, self._values = np.insert(self._keys, at, keys[row]), np.insert(self._values, at, value)
            column = [one[row] for one in words] + [np.uint64(0)] * (len(self._words) - len(words))
            self._words = np.insert(self._words, at, column, axis=1)
        return learnt


def _keys(words: Sequence[Words], lengths: Ints) -> Words:
    found = words[0] + lengths.astype(np.uint64) * _LENGTH
    for one, factor in zip(words[1:], _FACTORS[1:], strict=False):
        found = found + one * factor
    return np.asarray(found)
