"""Import into the database: versions, publications, and nothing half done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from content.models import Asset, Edition, EditionVersion, Publication
from content.services import PublicationFields, add_publication, find_edition, import_folder, load_version, set_publication
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.models import Segment
from tests.unit.content import editions

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def count(runtime: Runtime, model: type) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_an_unknown_publication_is_made_and_the_edition_found_again(runtime: Runtime, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    with runtime.transaction() as session:
        result = import_folder(session, folder, "mei", NOW)
    assert (result.version, result.kind, result.items) == (1, "newspaper", 9)
    assert any("was unknown and is made" in warning for warning in result.warnings)
    with runtime.transaction(read_only=True) as session:
        edition = find_edition(session, "test-newspaper/2026-11-22")
        assert find_edition(session, str(result.edition_id)).id == edition.id
        loaded = load_version(session, edition)
        assert (loaded.publication.service_id, loaded.publication.klass) == ("test-newspaper", "subscribed")
        assert len(loaded.manuscript.items) == 9
        assert session.scalars(select(AuditEntry.action)).all() == ["edition.import"]
    assert count(runtime, Asset) == 3 + 1, "its pictures and its design"


def test_each_import_is_a_new_version_and_one_that_changes_nothing_says_so(runtime: Runtime, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    versions = []
    for change in ("", "", "馆员说，座位有限。"):
        if change:
            (folder / "articles/9.md").write_text(editions.article("讲座", change), "utf-8")
        with runtime.transaction() as session:
            result = import_folder(session, folder, "mei", NOW)
            versions.append((result.version, any("byte for byte" in said for said in result.warnings)))
    assert versions == [(1, False), (2, True), (3, False)]
    assert (count(runtime, Edition), count(runtime, EditionVersion), count(runtime, Asset)) == (1, 3, 4)


def test_a_segment_that_changed_makes_a_new_version(runtime: Runtime, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    (folder / "articles/9.md").write_text(editions.article("讲座", "馆员说，座位有限。", segment="fans"), "utf-8")
    versions = []
    for rule in (editions.SPORT, editions.CITY):
        with runtime.transaction() as session:
            session.merge(Segment(name="fans", rule=rule, created_by="mei", created_at=NOW))
            session.flush()
            versions.append(import_folder(session, folder, "mei", NOW).version)
    assert versions == [1, 2]


def test_a_refused_folder_leaves_nothing(runtime: Runtime, tmp_path: Path) -> None:
    folder = editions.newspaper(tmp_path / "in")
    (folder / "images/c.jpg").unlink()
    with pytest.raises(UsageError, match=r"articles/4\.md:\d+: `images/c\.jpg` cannot be read"), runtime.transaction() as session:
        import_folder(session, folder, "mei", NOW)
    assert [count(runtime, model) for model in (Publication, Edition, EditionVersion, Asset, AuditEntry)] == [0] * 5


def test_a_publication_keeps_its_kind(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        add_publication(session, "test-newspaper", PublicationFields(title="会刊", kind="magazine", service_id="M1"), "mei", NOW)
        with pytest.raises(UsageError, match="is a magazine, this folder is a newspaper"):
            import_folder(session, editions.newspaper(tmp_path / "in"), "mei", NOW)
        set_publication(session, "test-newspaper", PublicationFields(kind="newspaper", klass="free"), "mei", NOW)
        import_folder(session, tmp_path / "in", "mei", NOW)
        with pytest.raises(UsageError, match="has editions of kind newspaper"):
            set_publication(session, "test-newspaper", PublicationFields(kind="comic"), "mei", NOW)


@pytest.mark.parametrize("ref", ["99", "x/1", "test-newspaper", "", "9" * 30, "-1"])
def test_an_edition_that_is_not_there(sqlite_runtime: Runtime, ref: str) -> None:
    with sqlite_runtime.transaction(read_only=True) as session, pytest.raises(UsageError, match="there is no edition"):
        find_edition(session, ref)
