"""What hangs together in a mask: the rows' runs, joined where they touch those of the row above, straight or at a corner."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from content.adapt.panels.paper import Box, Mask

Run = tuple[int, int, int]
"""Row, first column, the column behind the last."""

RUNS_MAX = 60_000
"""Of one mask; screens and noise have more, and nothing is told of them."""


@dataclass
class Component:
    """Pixels that hang together."""

    runs: list[Run] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """The least that holds all of it."""
        return (min(run[1] for run in self.runs), self.runs[0][0], max(run[2] for run in self.runs), self.runs[-1][0] + 1)

    def mask(self, shape: tuple[int, int]) -> Mask:
        """It alone."""
        found: Mask = np.zeros(shape, dtype=bool)
        for row, low, high in self.runs:
            found[row, low:high] = True
        return found


def components(mask: Mask) -> list[Component]:
    """All of a mask, from top to bottom; none where it is too broken for them to mean anything."""
    runs = _runs(mask)
    if len(runs) > RUNS_MAX:
        return []
    parents = list(range(len(runs)))
    above, row_begins, row = 0, 0, -1
    for number, run in enumerate(runs):
        if run[0] != row:
            above = row_begins if run[0] == row + 1 else number
            row, row_begins = run[0], number
        while above < row_begins and runs[above][2] < run[1]:
            above += 1
        touching = above
        while touching < row_begins and runs[touching][1] <= run[2]:
            parents[_root(parents, touching)] = _root(parents, number)
            touching += 1
    found: dict[int, Component] = {}
    for number, run in enumerate(runs):
        found.setdefault(_root(parents, number), Component()).runs.append(run)
    return list(found.values())


def _runs(mask: Mask) -> list[Run]:
    padded = np.pad(mask.astype(np.int8), ((0, 0), (1, 1)))
    changes = np.diff(padded, axis=1)
    rows, firsts = np.nonzero(changes == 1)
    _, lasts = np.nonzero(changes == -1)
    return list(zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True))


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number
