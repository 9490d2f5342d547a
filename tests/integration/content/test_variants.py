"""Variants: built once, by several at once, the same bytes as the files of `edition build`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from content.compose import PictureSource, compose
from content.models import Variant, VariantPayload, WapPage
from content.services import import_folder, load_version_by_id
from content.signatures import SignatureRules
from content.variants import Wanted, check_count, ensure_variants, load_payload, load_source
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class
from tests.unit.content import editions

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.fixture
def version_id(runtime: Runtime, tmp_path: Path) -> int:
    with runtime.transaction() as session:
        return import_folder(session, editions.newspaper(tmp_path / "in"), "mei", NOW).version_id


def wanted_of(runtime: Runtime, version_id: int) -> list[Wanted]:
    with runtime.transaction(read_only=True) as session:
        rules = SignatureRules(load_version_by_id(session, version_id).manuscript)
    return [(name, items) for name in ("30kb-128x160", "50kb-176x220") for items in (rules.all_items, rules.default_items)]


def test_built_once_and_stored_as_composed(runtime: Runtime, version_id: int) -> None:
    wanted = wanted_of(runtime, version_id)
    told: list[int] = []
    ids = ensure_variants(runtime, version_id, wanted, progress=told.append)
    assert told == [0, 1, 2, 3, 4]
    assert set(ids) == set(wanted)
    again: list[int] = []
    assert ensure_variants(runtime, version_id, wanted, progress=again.append) == ids
    assert again == [4]
    source = load_source(runtime, version_id)
    name, items = wanted[1]
    made = compose(source.manuscript, items, handset_class(name), PictureSource(source.assets.__getitem__), source.wap)
    with runtime.transaction(read_only=True) as session:
        assert load_payload(session, ids[wanted[1]]) == made.mime
        row = session.get_one(Variant, ids[wanted[1]])
        assert (row.size_bytes, row.slides, row.items) == (len(made.mms), len(made.slides), list(items))
        assert {page.token for page in made.wap_pages} <= set(session.scalars(select(WapPage.token)))


def test_two_at_once_store_each_variant_once(runtime: Runtime, version_id: int) -> None:
    wanted = wanted_of(runtime, version_id)
    found: list[dict[Wanted, int]] = []
    threads = [threading.Thread(target=lambda: found.append(ensure_variants(runtime, version_id, wanted))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Variant)) == len(wanted)
        assert session.scalar(select(func.count()).select_from(VariantPayload)) == len(wanted)


def test_a_variant_that_was_never_built(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction(read_only=True) as session, pytest.raises(StoreError, match="has no payload"):
        load_payload(session, 7)


def test_too_many_variants_ask_for_a_yes() -> None:
    check_count(256, yes=False)
    check_count(257, yes=True)
    with pytest.raises(UsageError, match="257 variants are wanted"):
        check_count(257, yes=False)
