"""What an approval binds: the text, the declared slots, and every byte that was built of a version.

Bound are the SHA-256 of the manuscript, its slots (fields that are filled in for
each reader when it leaves), each variant's payload and each WAP page, those too that an
earlier version with the same content has already. The bytes themselves are read again,
and those of the pictures behind the pages, not the sums that stand beside them. A variant
that is built later, for a reader who came since, is made of the bound manuscript; whether
it may leave without a new approval is a setting.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Asset, EditionVersion, Variant, VariantPayload
from content.wap.documents import PICTURE_TYPE, read_picture
from content.wap.keeping import pages_of
from huabao.errors import CodecError

ROWS_AT_ONCE, PICTURES_AT_ONCE = 16, 2
"""In memory at a time: payloads of at most 300 KB each, pictures as an editor gave them."""


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
    streaming = {"yield_per": ROWS_AT_ONCE}
    return Binding(
        _sum(version.manuscript),
        tuple(version.manuscript.get("slots", ())),
        {name: _built(mime, slots) for name, mime, slots in session.execute(payloads.order_by(Variant.name), execution_options=streaming)},
        _pages(session, version.id),
    )


def _pages(session: Session, version_id: int) -> dict[str, str]:
    """The sums of a version's WAP pages by name; what stands for a picture has another one where that picture has other bytes than its name says."""
    found, shows = {}, {}
    for name, media_type, body in session.execute(pages_of(version_id), execution_options={"yield_per": ROWS_AT_ONCE}):
        found[name] = hashlib.sha256(body).hexdigest()
        if media_type == PICTURE_TYPE:
            with suppress(CodecError):  # other bytes, which the sum says already
                shows[name] = read_picture(body).asset
    pictures = select(Asset.sha256, Asset.data).where(Asset.sha256.in_(set(shows.values())))
    rows = session.execute(pictures, execution_options={"yield_per": PICTURES_AT_ONCE})
    whole = {sha256 for sha256, data in rows if hashlib.sha256(data).hexdigest() == sha256}
    return found | {name: _sum([found[name], "its picture has other bytes"]) for name, asset in shows.items() if asset not in whole}


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
