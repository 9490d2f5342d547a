"""What an approval binds: the text, the declared slots, and every byte that was built of a version.

Bound are the SHA-256 of the manuscript, its slots (fields that are filled in for
each reader when it leaves), each variant's payload and each WAP page. The bytes
themselves are read again, not the sums that stand beside them. A variant that is
built later, for a reader who came since, is made of the bound manuscript; whether it
may leave without a new approval is a setting.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import EditionVersion, Variant, VariantPayload, WapPage

ROWS_AT_ONCE = 16
"""Payloads in memory at a time: at most 300 KB each."""


@dataclass(frozen=True)
class Binding:
    """The sums of a version's bytes.

    Attributes:
        manuscript: SHA-256 of it.
        slots: the declared ones, as the manuscript lists them.
        variants: SHA-256 of each payload by the variant's name.
        pages: SHA-256 of each WAP page by its token.
    """

    manuscript: str
    slots: tuple[Any, ...]
    variants: Mapping[str, str]
    pages: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it."""
        return _sum(self.to_document())

    def to_document(self) -> dict[str, Any]:
        """As an approval keeps it."""
        return {"manuscript": self.manuscript, "slots": list(self.slots), "variants": dict(self.variants), "pages": dict(self.pages)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Binding:
        """The binding of `to_document`."""
        return cls(document["manuscript"], tuple(document["slots"]), document["variants"], document["pages"])


@dataclass(frozen=True)
class Drift:
    """How what lies there now differs from what was bound.

    Attributes:
        changed: what has other bytes, or is gone; each says what.
        late: names of variants that were built since.
    """

    changed: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


def bind(session: Session, version: EditionVersion) -> Binding:
    """The sums of everything that is built of `version` now."""
    columns = (Variant.name, VariantPayload.mime, VariantPayload.slots)
    payloads = select(*columns).join(VariantPayload, VariantPayload.variant_id == Variant.id).where(Variant.edition_version_id == version.id)
    pages = select(WapPage.token, WapPage.body).where(WapPage.edition_version_id == version.id)
    streaming = {"yield_per": ROWS_AT_ONCE}
    return Binding(
        _sum(version.manuscript),
        tuple(version.manuscript.get("slots", ())),
        {name: _built(mime, slots) for name, mime, slots in session.execute(payloads.order_by(Variant.name), execution_options=streaming)},
        {token: hashlib.sha256(body).hexdigest() for token, body in session.execute(pages.order_by(WapPage.token), execution_options=streaming)},
    )


def drift(bound: Binding, present: Binding) -> Drift:
    """What is no longer as it was bound."""
    changed = []
    if bound.manuscript != present.manuscript or bound.slots != present.slots:
        changed.append("the text or its slots")
    for what, before, now in (("variant", bound.variants, present.variants), ("WAP page", bound.pages, present.pages)):
        changed += [f"{what} {name}" + ("" if name in now else " (gone)") for name, sha256 in before.items() if now.get(name) != sha256]
    return Drift(tuple(changed), tuple(name for name in present.variants if name not in bound.variants))


def _built(mime: bytes, slots: list[Any] | None) -> str:
    """The sum of a payload; where slots lie in it, of these too."""
    found = hashlib.sha256(mime)
    if slots:
        found.update(_sum(slots).encode())
    return found.hexdigest()


def _sum(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
