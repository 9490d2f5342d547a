"""Single sends: a variant with slots leaves with each reader's own words in it.

The words of a batch are asked for once, when it is claimed, and spliced into the
prepared body; nothing of them is written down or logged. Readers with the same words,
and those without any, still share a submission; everybody else is sent to alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice, takewhile

from sqlalchemy import select

from content.models import Variant
from content.slots.gaps import Gap
from content.slots.values import fillings
from content.wap.keys import personal_link
from delivery.ports import OutboundGroup
from delivery.sending.claims import ClaimedBatch
from huabao.runtime import Runtime

Texts = Mapping[int, tuple[bytes, ...]]
"""What fills the gaps of a content, by reader; who is not there gets what stands in them."""


def texts_of(runtime: Runtime, batch: ClaimedBatch, gaps: Sequence[Gap]) -> Texts:
    """The words of a batch's readers, as they are now."""
    if not gaps or not batch.personal:
        return {}
    with runtime.transaction(read_only=True) as session:
        version_id = session.scalars(select(Variant.edition_version_id).where(Variant.id == batch.variant_id)).one()
        return fillings(session, gaps, batch.numbers, lambda reader_id: personal_link(session, runtime.config, reader_id, "package", version_id, runtime.now()))


def in_turn(readers: Iterable[int], texts: Texts) -> Iterable[int]:
    """Readers in their order, those of the same words together and those without first."""
    return sorted(readers, key=lambda one: (texts.get(one, ()), one)) if texts else readers


def alike(waiting: deque[int], texts: Texts, most: int) -> int:
    """How many of the next readers may share a submission: at most `most`, and no further than the words of the first go."""
    if not texts or not waiting:
        return most
    first = texts.get(waiting[0])
    return sum(1 for _ in takewhile(lambda one: texts.get(one) == first, islice(waiting, max(1, most))))


def filled(outbound: Sequence[OutboundGroup], groups: Sequence[Sequence[int]], texts: Texts) -> list[OutboundGroup]:
    """Submissions with the words of their readers; `groups` are the readers of each."""
    if not texts:
        return list(outbound)
    return [replace(one, fillings=texts.get(group[0], ())) for one, group in zip(outbound, groups, strict=True)]
