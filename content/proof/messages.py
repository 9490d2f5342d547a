"""Messages to be looked at: those that are built as they lie there, and what is missing.

Before an approval what is missing is built and kept, as the approval itself would do; while
one stands nothing is added to what it binds: a variant for readers who came since is
made for the eye only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from content.compose import Composition
from content.draw.contact import contact_sheet
from content.draw.stored import StoredSlide, stored_slides
from content.manuscript import Manuscript
from content.models import Variant
from content.package import facts_text, png_of, title_of
from content.preflight.facts import MessageFacts, facts_of
from content.signatures import signature_of, variant_name
from content.slots.gaps import Gap
from content.variants import Wanted, composed, ensure_variants, load_gaps, load_payload, load_source
from huabao.lazily import lazily
from huabao.runtime import Runtime
from subscribers.handset_classes import HandsetClass, handset_class


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        size_bytes: of the whole M-Retrieve.conf.
        moved: as the manifest lists it.
        sha256: of `mime`, the body as it leaves.
        gaps: where a reader's own words go.
    """

    name: str
    handset: HandsetClass
    size_bytes: int
    worst_quality: int
    moved: Sequence[Mapping[str, Any]]
    sha256: str
    mime: bytes = field(repr=False)
    gaps: tuple[Gap, ...] = ()

    @lazily
    def slides(self) -> Sequence[StoredSlide]:
        """Its slides.

        Raises:
            CodecError: it does not read back.
        """
        return stored_slides(self.mime)

    def with_words(self, words: Sequence[bytes]) -> Message:
        """The message with a reader's own words in its gaps, one for each."""
        pieces, end = [], 0
        for gap, text in zip(self.gaps, words, strict=True):
            pieces += [self.mime[end : gap.at], text]
            end = gap.at + gap.length
        return replace(self, mime=b"".join((*pieces, self.mime[end:])))

    @property
    def facts(self) -> MessageFacts:
        """What preflight holds against a handset.

        Raises:
            CodecError: it does not read back.
        """
        return facts_of(self.mime, self.size_bytes, self.gaps)

    def sheet(self, manuscript: Manuscript, handset: HandsetClass | None = None) -> bytes:
        """Its contact sheet as a PNG; `handset` shows it on another screen."""
        screens = [slide.shown(handset or self.handset) for slide in self.slides]
        told = facts_text(self.name, len(screens), self.size_bytes, self.handset.budget_bytes, self.worst_quality)
        return png_of(contact_sheet(screens, title_of(manuscript), told if handset is None else f"{handset.name} · {told}"))


def messages(runtime: Runtime, version_id: int, wanted: Sequence[Wanted], *, keep: bool) -> Iterator[tuple[Wanted, Message]]:
    """The messages wanted, few in memory at a time; those that are there already first.

    Args:
        keep: what is missing is built and stored; otherwise it is made and thrown away.
    """
    ids = ensure_variants(runtime, version_id, wanted) if keep else _there(runtime, version_id, wanted)
    for one in wanted:
        if one in ids:
            with runtime.transaction(read_only=True) as session:
                row = session.get_one(Variant, ids[one])
                payload, gaps = load_payload(session, row.id), load_gaps(session, row.id)
                found = Message(row.name, handset_class(one[0]), row.size_bytes, row.worst_quality, row.moved, row.sha256, payload, gaps)
            yield one, found
    missing = [one for one in wanted if one not in ids]
    for one, made in composed(load_source(runtime, version_id), missing) if missing else ():
        yield one, message_of(one, made)


def message_of(one: Wanted, made: Composition) -> Message:
    """A message that was composed and is kept nowhere."""
    moved = [moved.to_document() for moved in made.moved]
    return Message(variant_name(*one), handset_class(one[0]), made.size_bytes_max, made.worst_quality, moved, hashlib.sha256(made.mime).hexdigest(), made.mime, tuple(made.gaps))


def _there(runtime: Runtime, version_id: int, wanted: Sequence[Wanted]) -> dict[Wanted, int]:
    names = {variant_name(*one): one for one in wanted}
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Variant.name, Variant.signature, Variant.id).where(Variant.edition_version_id == version_id)).all()
    return {names[name]: id_ for name, signature, id_ in rows if name in names and signature == signature_of(names[name][1])}
