"""The lot: every number of the pool gets a place by a keyed hash. Pure, and short enough to be done over by anybody (docs/quiz.md).

`score = HMAC-SHA256(seed, "huabao-quiz:<quiz>:<number>")`, the lowest score first. Nobody
who does not know the seed can tell who will win, and nobody who knows it can make
another win: the seed is sealed before the first answer, see `seal`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

ALGORITHM = "hmac-sha256-rank-v1"


def score(seed: str, quiz_id: int, entry: int) -> bytes:
    """What a number is ranked by, 32 octets."""
    return hmac.new(seed.encode(), f"huabao-quiz:{quiz_id}:{entry}".encode(), hashlib.sha256).digest()


def ranked(seed: str, quiz_id: int, entries: Iterable[int]) -> list[int]:
    """The numbers in the order in which they were drawn; the order of `entries` makes no difference."""
    return sorted(set(entries), key=lambda entry: (score(seed, quiz_id, entry), entry))


def pool_digest(entries: Iterable[int]) -> str:
    """SHA-256 of the numbers in ascending order, one a line, in hex."""
    return hashlib.sha256("".join(f"{entry}\n" for entry in sorted(set(entries))).encode()).hexdigest()


def seal(secret: str) -> str:
    """What is shown of a quiz's secret before the draw: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
