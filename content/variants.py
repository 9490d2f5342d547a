"""Variants built once and kept: what a dispatch sends is read from here.

A reader whose handset takes no MMS has a variant too: a pushed link or a text,
with the WAP pages behind it. The name of its channel stands where a handset class would.

Composing works without a session open: pictures are loaded first, each message
is stored in a transaction of its own as soon as it is made. Two processes that
build the same variant at the same time store it once.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from content.compose import Composition, PictureSource, WapDocument, compose
from content.compose.short import ShortComposition, ShortMessage, compose_short
from content.manuscript import Manuscript
from content.models import Variant, VariantPayload
from content.services import load_assets, load_version_by_id
from content.signatures import signature_of, variant_name
from content.slots.gaps import Gap, gaps_of
from content.wap.keeping import keep_pages
from content.wap.keys import wap_address_of
from content.wap.tokens import WapAddress
from huabao.db import is_postgres
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class

VARIANTS_MAX = 256
"""For one edition, unless somebody says yes."""

WAP_PUSH, SMS = "wap-push", "sms"
"""Channels that carry no MMS, and what stands in place of a handset class in their variants."""

SHORT = (WAP_PUSH, SMS)

Wanted = tuple[str, tuple[str, ...]]
"""Handset class (or one of `SHORT`) and item keys."""


@dataclass(frozen=True)
class Source:
    """What messages are made of."""

    version_id: int
    manuscript: Manuscript
    assets: dict[str, bytes]
    wap: WapAddress


def check_count(count: int, *, yes: bool) -> None:
    """Refuse more variants than an edition should have.

    Raises:
        UsageError: more than `VARIANTS_MAX`, and nobody said yes.
    """
    if count > VARIANTS_MAX and not yes:
        raise UsageError(f"{count} variants are wanted, more than {VARIANTS_MAX}; use fewer distinct rules, or say --yes (`many_variants` in the API)")


def load_source(runtime: Runtime, version_id: int) -> Source:
    """Manuscript and pictures of a version."""
    with runtime.transaction(read_only=True) as session:
        loaded = load_version_by_id(session, version_id)
        return Source(version_id, loaded.manuscript, load_assets(session, loaded.manuscript), wap_address_of(session, runtime.config))


def ensure_variants(runtime: Runtime, version_id: int, wanted: Iterable[Wanted], *, progress: Callable[[int], None] | None = None) -> dict[Wanted, int]:
    """The ids of the variants wanted; what is missing is built and stored.

    May be called again, and by several at once.

    Args:
        progress: told how many of the wanted variants exist, as they come.
    """
    asked = sorted(set(wanted))
    with runtime.transaction(read_only=True) as session:
        ids = existing_variants(session, version_id, asked)
    missing = [one for one in asked if one not in ids]
    if progress is not None:
        progress(len(ids))
    if missing:
        source = load_source(runtime, version_id)
        for one, stored in _stored(runtime, source, missing):
            ids[one] = stored
            if progress is not None:
                progress(len(ids))
    return ids


def _stored(runtime: Runtime, source: Source, missing: Sequence[Wanted]) -> Iterator[tuple[Wanted, int]]:
    """Variants as they are built and kept."""
    pictures = PictureSource(source.assets.__getitem__)
    for one in missing:
        if one[0] in SHORT:
            made = compose_short(source.manuscript, one[1], pictures, source.wap, push=one[0] == WAP_PUSH)
            yield one, _store_short(runtime, source.version_id, one, made)
    pictured = [one for one in missing if one[0] not in SHORT]
    for one, composition in composed(source, pictured) if pictured else ():
        yield one, store_variant(runtime, source.version_id, one, composition)


def composed(source: Source, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Composition]]:
    """Messages as they are made, on all processors: Pillow and numpy work outside the interpreter's lock.

    All classes share what is decoded; variants of one class share drawings and encodings too, which go with its last one.
    """
    workers = max(1, min(os.cpu_count() or 1, len(wanted)))
    runs = _runs(wanted, workers)
    whole = PictureSource(source.assets.__getitem__)
    pictures = {name: whole.of_class() for name, _ in wanted}
    left = Counter(run[0][0] for run in runs)
    with ThreadPoolExecutor(workers, thread_name_prefix="compose") as pool:
        futures = {pool.submit(_compose_run, source, run, pictures) for run in runs}
        try:
            while futures:
                done, futures = wait(futures, return_when=FIRST_COMPLETED)
                for made in [future.result() for future in done]:
                    name = made[0][0][0]
                    left[name] -= 1
                    if not left[name]:
                        del pictures[name]
                    yield from made
        finally:
            for future in futures:
                future.cancel()


RUN_MAX = 8
"""Variants that one thread makes before it hands them over: they wait in memory, and a killed process loses them."""


def _runs(wanted: Sequence[Wanted], workers: int) -> list[list[Wanted]]:
    """Work in runs of one class, the large classes first."""
    classes: dict[str, list[Wanted]] = {}
    for one in wanted:
        classes.setdefault(one[0], []).append(one)
    share = max(1, min(RUN_MAX, -(-len(wanted) // (2 * workers))))
    ordered = sorted(classes.items(), key=lambda entry: -handset_class(entry[0]).budget_bytes)
    return [ones[start : start + share] for _, ones in ordered for start in range(0, len(ones), share)]


def _compose_run(source: Source, run: Sequence[Wanted], pictures: Mapping[str, PictureSource]) -> list[tuple[Wanted, Composition]]:
    return [((name, items), compose(source.manuscript, items, handset_class(name), pictures[name], source.wap)) for name, items in run]


def existing_variants(session: Session, version_id: int, asked: Sequence[Wanted]) -> dict[Wanted, int]:
    """Which of these variants of a version are built, with their ids.

    Raises:
        StoreError: two sets of items share a name.
    """
    rows = session.execute(select(Variant.name, Variant.signature, Variant.id).where(Variant.edition_version_id == version_id)).all()
    known = {name: (signature, id_) for name, signature, id_ in rows}
    ids: dict[Wanted, int] = {}
    for one in asked:
        found = known.get(variant_name(*one))
        if found is not None:
            if found[0] != signature_of(one[1]):
                raise StoreError(f"two sets of items share the name {variant_name(*one)}; leave one item out of the edition")
            ids[one] = found[1]
    return ids


def store_variant(runtime: Runtime, version_id: int, one: Wanted, made: Composition) -> int:
    """Keep a variant, its payload and its pages; whoever came first is kept."""
    handset = handset_class(one[0])
    with runtime.transaction() as session:
        row = _row(runtime, version_id, one) | {
            "channel": "mms",
            "moved": [moved.to_document() for moved in made.moved],
            "slides": len(made.slides),
            "size_bytes": made.size_bytes_max,
            "budget_bytes": handset.budget_bytes,
            "worst_quality": made.worst_quality,
            "sha256": hashlib.sha256(made.mime).hexdigest(),
        }
        return _keep(session, row, made.mime, made.wap_pages, made.gaps)


def _store_short(runtime: Runtime, version_id: int, one: Wanted, made: ShortComposition) -> int:
    """Keep the variant of a pushed link or a text, and its pages."""
    data = made.message.encode()
    sizes = {"slides": 0, "size_bytes": len(data), "budget_bytes": len(data), "worst_quality": 100, "moved": []}
    with runtime.transaction() as session:
        row = _row(runtime, version_id, one) | {"channel": one[0], "sha256": hashlib.sha256(data).hexdigest()} | sizes
        return _keep(session, row, data, made.wap_pages)


def _row(runtime: Runtime, version_id: int, one: Wanted) -> dict[str, Any]:
    return {
        "edition_version_id": version_id,
        "name": variant_name(*one),
        "handset_class": one[0],
        "signature": signature_of(one[1]),
        "items": list(one[1]),
        "built_at": runtime.now(),
    }


def _keep(session: Session, row: dict[str, Any], payload: bytes, pages: Sequence[WapDocument], gaps: Sequence[Gap] = ()) -> int:
    _insert_new(session, Variant, [row])
    mine = (Variant.edition_version_id == row["edition_version_id"], Variant.name == row["name"])
    id_: int = session.execute(select(Variant.id).where(*mine)).scalar_one()
    _insert_new(session, VariantPayload, [{"variant_id": id_, "mime": payload, "slots": [gap.to_document() for gap in gaps] or None}])
    keep_pages(session, row["edition_version_id"], pages)
    return id_


def _insert_new(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; one whose key is there already is left as it is."""
    if rows:
        insert = postgres_insert if is_postgres(session) else sqlite_insert
        session.execute(insert(model).on_conflict_do_nothing(), list(rows))


def load_payload(session: Session, variant_id: int) -> bytes:
    """The multipart/related entity of a variant, header lines first.

    Raises:
        StoreError: it was never built.
    """
    payload = session.get(VariantPayload, variant_id)
    if payload is None:
        raise StoreError(f"variant {variant_id} has no payload; `huabao edition build` makes it")
    return payload.mime


def load_gaps(session: Session, variant_id: int) -> tuple[Gap, ...]:
    """Where a reader's own words go into the payload of a variant."""
    return gaps_of(session.scalar(select(VariantPayload.slots).where(VariantPayload.variant_id == variant_id)))


def load_short(session: Session, variant_id: int) -> ShortMessage:
    """The words and the link of a variant of one of the channels `SHORT`.

    Raises:
        StoreError: it was never built.
    """
    return ShortMessage.decode(load_payload(session, variant_id))
