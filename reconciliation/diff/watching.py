"""Of some keys, whether a comparison decided anything: those of differences that are open.

A key that is in flight, or of which a side is unknown, is neither equal nor different. Only what
was seen whole may end a difference, or a repair would count as good that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from reconciliation.codecs.feeds.columns import Services
from reconciliation.codecs.feeds.digits import Ints
from reconciliation.diff.merging import RANK_BITS, Chunk

CODE_BITS: Final = 12
"""Of a service's number, where it stands beside a reader's."""


class Watched:
    """Looks at each chunk for the keys that are asked about.

    Args:
        keys: (msisdn, service_id); their number bounds the memory.
    """

    def __init__(self, keys: Iterable[tuple[str, str]], services: Services) -> None:
        self._keys, self._services = sorted(set(keys)), services
        self._msisdn = np.array([int(msisdn) for msisdn, _ in self._keys], np.int64)
        self._codes = np.array([services.code(service_id) for _, service_id in self._keys], np.int64)
        self._decided = np.zeros(len(self._keys), np.bool_)
        self._appeared = np.zeros(len(self._keys), np.bool_)
        self._span = slice(0, 0)

    def look(self, chunk: Chunk, known: Ints) -> None:
        """Take up the keys of a chunk.

        Args:
            known: by combination, how many sides are known.
        """
        if not len(self._msisdn) or not len(chunk.keys):
            return
        ends = np.searchsorted(self._msisdn, [int(chunk.keys[0]) >> RANK_BITS, (int(chunk.keys[-1]) >> RANK_BITS) + 1])
        self._span = slice(int(ends[0]), int(ends[1]))
        keys = self._msisdn[self._span] << RANK_BITS | self._services.ranks()[self._codes[self._span]]
        at = np.minimum(np.searchsorted(chunk.keys, keys), len(chunk.keys) - 1)
        here = chunk.keys[at] == keys
        self._appeared[self._span] |= here
        self._decided[self._span] |= here & (known[chunk.combined[at]] == 3)

    def leave(self, msisdn: Ints, service: Ints) -> None:
        """Of the chunk that was looked at last, these keys are in flight."""
        if self._span.start < self._span.stop:
            mine = self._msisdn[self._span] << CODE_BITS | self._codes[self._span]
            self._decided[self._span] &= ~np.isin(mine, msisdn << CODE_BITS | service)

    def undecided(self, *, absent_is_known: bool) -> frozenset[tuple[str, str]]:
        """The keys of which nothing was decided.

        Args:
            absent_is_known: a key that no side names is absent on all three; else it is unknown.
        """
        decided = self._decided | ~self._appeared if absent_is_known else self._decided
        return frozenset(self._keys[at] for at in np.flatnonzero(~decided).tolist())
