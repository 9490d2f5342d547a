"""What slots cost: readers who are sent to one by one, and what that means for submissions, bytes and rates.

A variant with slots leaves once for each reader who has words of his own; who has none
still shares a submission with others. Who has which is looked up when he is sent to,
so a plan says how many there are at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Variant, VariantPayload
from content.slots.gaps import gaps_of
from content.variants import SHORT
from delivery.dispatch.capacity import SINGLE_SENDS_PER_S, Singly
from delivery.ports import PortSettings
from huabao.db import in_ids

if TYPE_CHECKING:
    from delivery.dispatch.snapshot import Signature


@dataclass(frozen=True)
class SingleSends:
    """The cost of the slots of a send.

    Attributes:
        slots: their names.
        readers: of variants with slots; so many submissions there are for them at most.
        variants: how many these are.
        of: how many variants there are in all that are no links or texts; 0 where the edition has no slots.
        in_groups: submissions that the same readers take when they get the fallbacks.
        bytes_: of the bodies of single submissions, at most.
        bytes_in_groups: of the bodies in groups.
        share: of all readers who get an MMS.
        rate_per_s: single submissions a second that are reckoned with.
    """

    slots: tuple[str, ...] = ()
    readers: int = 0
    variants: int = 0
    of: int = 0
    in_groups: int = 0
    bytes_: int = 0
    bytes_in_groups: int = 0
    share: float = 0.0
    rate_per_s: float = 0.0

    @property
    def pace(self) -> Singly:
        """What it means for the rates of ports."""
        return Singly(self.share, self.rate_per_s)

    def to_document(self) -> dict[str, Any]:
        """As `dispatch plan --json` prints it."""
        return {
            "slots": list(self.slots),
            "readers_max": self.readers,
            "variants": self.variants,
            "of_variants": self.of,
            "submissions_max": self.readers,
            "submissions_in_groups": self.in_groups,
            "body_bytes_max": self.bytes_,
            "body_bytes_in_groups": self.bytes_in_groups,
            "single_sends_per_s": self.rate_per_s,
        }


NOBODY = SingleSends()


def single_sends(session: Session, slots: bool, signatures: Mapping[Signature, int], variants: Mapping[Signature, int], ports: Sequence[PortSettings]) -> SingleSends:
    """The cost of slots for readers by signature, whose variants these are.

    Args:
        slots: the edition has some.
    """
    if not slots:
        return NOBODY
    readers: dict[int, int] = {}
    for signature, number in signatures.items():
        if signature[1] not in SHORT:
            readers[variants[signature]] = readers.get(variants[signature], 0) + number
    wanted = select(Variant.id, Variant.size_bytes, VariantPayload.slots).join(VariantPayload, VariantPayload.variant_id == Variant.id)
    found = [(row.size_bytes, readers[row.id], gaps_of(row.slots)) for row in session.execute(wanted.where(in_ids(session, Variant.id, sorted(readers)))) if row.slots]
    size = max((port.group_size for port in ports if port.kind != "smpp"), default=1)
    groups = [-(-number // size) for _, number, _ in found]
    alone = sum(number for _, number, _ in found)
    return SingleSends(
        slots=tuple(sorted({gap.name for _, _, gaps in found for gap in gaps})),
        readers=alone,
        variants=len(found),
        of=len(readers),
        in_groups=sum(groups),
        bytes_=sum(bytes_ * number for bytes_, number, _ in found),
        bytes_in_groups=sum(bytes_ * number for (bytes_, _, _), number in zip(found, groups, strict=True)),
        share=alone / max(1, sum(readers.values())),
        rate_per_s=SINGLE_SENDS_PER_S.get(session),
    )
