"""A message beside the one that the version before had in its place, slide by slide, out of the stored bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.draw.stored import StoredSlide, stored_slides
from content.models import Variant
from content.variants import load_payload
from huabao.errors import CodecError

SLIDES_MAX = 60
"""No message has more that a person would compare."""


@dataclass(frozen=True)
class Pair:
    """One place in a message.

    Attributes:
        old, new: whether each version has a slide there.
        differs: picture, text or duration are others.
    """

    number: int
    old: bool
    new: bool
    differs: bool


@dataclass(frozen=True)
class Pairs:
    """Two messages beside each other.

    Attributes:
        old: the variant of the version before; None where it had none of that class.
    """

    old: Variant | None
    new: Variant
    pairs: tuple[Pair, ...]

    @property
    def differing(self) -> int:
        """How many slides are not as they were."""
        return sum(one.differs for one in self.pairs)


def mms_variants(session: Session, version_id: int) -> Sequence[Variant]:
    """The built messages of a version, those of small budgets first."""
    mine = select(Variant).where(Variant.edition_version_id == version_id, Variant.channel == "mms")
    return session.scalars(mine.order_by(Variant.budget_bytes, Variant.name)).all()


def slide_pairs(session: Session, before_id: int | None, new: Variant) -> Pairs:
    """A variant beside the one of the version `before_id` that has most of its items.

    Raises:
        StoreError: a payload is gone.
    """
    old = None if before_id is None else _counterpart(mms_variants(session, before_id), new)
    if old is not None and old.sha256 == new.sha256:
        return Pairs(old, new, tuple(Pair(number, True, True, False) for number in range(1, min(new.slides, SLIDES_MAX) + 1)))
    after, before = _slides(session, new), () if old is None else _slides(session, old)
    count = min(max(len(after), len(before)), SLIDES_MAX)
    return Pairs(old, new, tuple(_pair(place, before, after) for place in range(count)))


def _counterpart(among: Sequence[Variant], new: Variant) -> Variant | None:
    same = [one for one in among if one.handset_class == new.handset_class]
    return max(same, key=lambda one: (one.name == new.name, len(set(one.items) & set(new.items)), one.name), default=None)


def _slides(session: Session, variant: Variant) -> Sequence[StoredSlide]:
    try:
        return stored_slides(load_payload(session, variant.id))
    except CodecError:
        return ()


def _pair(place: int, before: Sequence[StoredSlide], after: Sequence[StoredSlide]) -> Pair:
    old, new = (slides[place] if place < len(slides) else None for slides in (before, after))
    return Pair(place + 1, old is not None, new is not None, old != new)


def moved_of(variants: Sequence[Variant]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What is not in the messages, as (item, what), with the handset classes where that is so."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for variant in variants:
        for one in variant.moved:
            entry: Mapping[str, Any] = one
            found.setdefault((entry["item"], entry["what"]), {})[variant.handset_class] = None
    return {pair: tuple(names) for pair, names in found.items()}
