"""A message's byte budget shared over its pictures, so that the worst of them is as good as possible.

Good is what looks like the original: structural similarity, not a number of the
encoder's. All pictures keep their size where they reach a decent quality in it;
else all but the front become smaller together, down a ladder; then optional ones go, the
least important first. The front (nameplate, cover) is as wide as the screen: a smaller one looks like a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from content.adapt.curves import ANCHORS
from content.adapt.encoding import LOSSLESS, EncodedPicture, Encoding
from content.adapt.framing import PictureRequest
from content.adapt.renditions import EncodeCache, Rendition
from content.adapt.sharing import shared, total_bytes
from subscribers.handset_classes import HandsetClass

QUALITY_MIN = ANCHORS[0] // 10
"""No picture goes below; rather it becomes smaller."""

LADDER = ((1.0, 50), (0.9, 48), (0.8, 45), (0.7, 42), (0.6, QUALITY_MIN))
"""Shares of the full size, each with the quality that all together must be able to reach for it to be taken.

What carries lettering stays above it; a photograph may give of its own down to `QUALITY_MIN`.
"""

_LAST_RESORTS = (0.5, 0.4, 0.3, 0.2)
"""Shares of the full size for what must not be dropped and fits no other way."""

_SHRINK_BOUND = 0.8
"""A picture of half the pixels takes more than this times half the bytes, at the lower quality of its step of the ladder."""


@dataclass(frozen=True)
class Fitting:
    """What became of the pictures.

    Attributes:
        pictures: by key.
        dropped: keys of those that did not fit, least important first.
        worst_quality: the lowest quality among them, 100 where there is none.
    """

    pictures: dict[str, EncodedPicture]
    dropped: tuple[str, ...]
    worst_quality: int


def fit_pictures(requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass, *, cache: EncodeCache | None = None) -> Fitting:
    """Encodes the pictures so that together they take no more than the budget, and waste little of it.

    Where some picture is below quality 90, at least 95 % of the budget is used. The same input gives the same bytes.

    Args:
        requests: with keys that differ.
        budget_bytes: for the bytes of all pictures together.
        handset: whose image types are used.
        cache: keeps what is framed, encoded and measured for the next message with the same keys.
    """
    cache = cache if cache is not None else EncodeCache()
    kept = list(requests)
    dropped: list[str] = []
    while kept:
        renditions = _largest(kept, budget_bytes, handset, cache)
        if renditions is not None:
            return _fitting(renditions, shared(renditions, budget_bytes), dropped)
        out = max(kept, key=lambda request: (request.optional, request.rank, kept.index(request)))
        kept.remove(out)
        dropped.append(out.key)
    return Fitting({}, tuple(dropped), 100)


def _largest(requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass, cache: EncodeCache) -> list[Rendition] | None:
    """All pictures at the largest common share of their size that fits, or None where one of them must go first."""
    shares: list[tuple[float, int]] = list(LADDER)
    if not any(request.optional for request in requests):
        shares += [(share, QUALITY_MIN) for share in _LAST_RESORTS]
    least = 0.0
    for share, floor in shares:
        if least * share * share > budget_bytes:
            continue
        renditions = [Rendition(request, _own_share(request, share), floor * 10, handset, cache) for request in requests]
        taken = total_bytes([one.at(floor * 10) for one in renditions])
        if taken <= budget_bytes:
            return renditions
        least = max(least, _SHRINK_BOUND * taken / share / share)
    return None


def _own_share(request: PictureRequest, share: float) -> float:
    """The front keeps its size while anything else can give some of its own."""
    return 1.0 if request.rank == 0 and not request.optional and share > _LAST_RESORTS[0] else share


def _fitting(renditions: Sequence[Rendition], encodings: Sequence[Encoding], dropped: Sequence[str]) -> Fitting:
    pictures = {
        rendition.request.key: EncodedPicture(rendition.request.key, one.data, one.media_type, *rendition.size, min(LOSSLESS, one.quality_tenths) // 10)
        for rendition, one in zip(renditions, encodings, strict=True)
    }
    return Fitting(pictures, tuple(dropped), min((one.quality for one in pictures.values()), default=100))
