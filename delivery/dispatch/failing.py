"""Which port, handset class or variant is failing: the smallest explanation of what was measured. No database, no clock.

Readers are counted in cells of (port, handset class, variant). A value that fails
everywhere where it was seen explains its cells, the broadest first: a dead port is
one finding, not one for each class that it carries; a variant that no handset of
one class understands is that variant, not the port that carried it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SCOPES = ("port", "handset_class", "variant")
"""The broadest first."""


@dataclass(frozen=True)
class Cell:
    """What was measured of the readers of one variant on one port.

    Attributes:
        readers: how many were looked at.
        failed: how many of `base` failed.
        base: what `failed` is a share of; the readers, unless fewer were expected to succeed.
    """

    port: str
    handset_class: str
    variant: str
    readers: float
    failed: float
    base: float


@dataclass(frozen=True)
class Finding:
    """A value that fails.

    Attributes:
        scope: one of `SCOPES`.
        share: of its base that failed.
    """

    scope: str
    key: str
    readers: float
    share: float


def failing(cells: Iterable[Cell], *, share: float, readers_min: float) -> list[Finding]:
    """What fails: values with at least `readers_min` readers of whose base more than `share` failed.

    Each finding takes its cells with it; the next explains what is left.
    """
    left = [cell for cell in cells if cell.readers > 0]
    found: list[Finding] = []
    while (worst := _worst(left, share, readers_min)) is not None:
        found.append(worst)
        left = [cell for cell in left if getattr(cell, worst.scope) != worst.key]
    return found


def _worst(cells: Sequence[Cell], share: float, readers_min: float) -> Finding | None:
    candidates = [(scope, one) for scope in SCOPES for one in _by_value(cells, scope, share, readers_min)]
    for _, one in candidates:
        if _is_uniform(cells, one, share, readers_min):
            return one
    return max((one for _, one in candidates), key=lambda one: one.share, default=None)


def _by_value(cells: Sequence[Cell], scope: str, share: float, readers_min: float) -> list[Finding]:
    """The failing values of one scope, the worst first."""
    sums = {value: _sum(scope, value, [cell for cell in cells if getattr(cell, scope) == value]) for value in sorted({getattr(cell, scope) for cell in cells})}
    return sorted((one for one in sums.values() if one.readers >= readers_min and one.share > share), key=lambda one: -one.share)


def _sum(scope: str, value: str, cells: Sequence[Cell]) -> Finding:
    base = sum(cell.base for cell in cells)
    return Finding(scope, value, sum(cell.readers for cell in cells), sum(cell.failed for cell in cells) / base if base > 0 else 0.0)


def _is_uniform(cells: Sequence[Cell], one: Finding, share: float, readers_min: float) -> bool:
    """Whether it fails wherever it was seen often enough to say so."""
    mine = [cell for cell in cells if getattr(cell, one.scope) == one.key]
    for scope in SCOPES:
        if scope == one.scope:
            continue
        for value in {getattr(cell, scope) for cell in mine}:
            part = _sum(scope, value, [cell for cell in mine if getattr(cell, scope) == value])
            if part.readers >= readers_min and part.share <= share:
                return False
    return True
