"""Versions that share their WAP pages: each approval binds them, each link opens them, and no other edition has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from starlette.testclient import TestClient

from console.schema import downgrade, upgrade
from console.web import make_app
from content.models import Asset, Edition, EditionVersion, WapPage, WapPageVersion
from content.services import import_folder
from content.variants import WAP_PUSH, ensure_variants, load_short
from content.wap.documents import PAGE_TYPE, read_page
from content.wap.keeping import pages_of, versions_of
from content.wap.keys import wap_address_of
from content.workflow import standing
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.workflow.test_desk import SECTIONS
from tests.services.delivering import add_port, set_setting
from tests.unit.content import editions

ITEMS = ("articles/1.md", "articles/2.md")


def folder(root: Path, first: str, **values: Any) -> Path:
    """A paper of two articles with a picture each."""
    files: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(sections=SECTIONS, **{"number": "2026-11-22", "date": "2026-11-22", **values}),
        "articles/1.md": editions.article("新桥", first, image="images/bridge.jpg"), "articles/2.md": editions.article("足球", "主队在客场赢了。"),
        "images/bridge.jpg": editions.picture(noise=False),
    }  # fmt: skip
    return editions.write(root, files)


def imported(runtime: Runtime, path: Path) -> tuple[int, str]:
    """A version with its link message built: its id, and the token of its cover."""
    with runtime.transaction() as session:
        version_id = import_folder(session, path, "mei", runtime.now()).version_id
    (variant,) = ensure_variants(runtime, version_id, [(WAP_PUSH, ITEMS)]).values()
    with runtime.transaction(read_only=True) as session:
        return version_id, load_short(session, variant).href.rpartition("/")[2]


def pages(runtime: Runtime, version_id: int) -> dict[str, bytes]:
    with runtime.transaction(read_only=True) as session:
        return {name: body for name, _, body in session.execute(pages_of(version_id))}


def approve(cli: CLI, state: str) -> dict[str, Any]:
    if state == "draft":
        cli("edition", "submit", 1)
    made: dict[str, Any] = cli("edition", "approve", 1, "--json").json
    return made


def test_an_earlier_text_again_is_bound_with_its_pages(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = []
    for text in ("新桥今天通车。", "新桥明天通车。", "新桥今天通车。"):
        cli("edition", "import", folder(tmp_path / "in", text))
        assert ("reapprove" in cli("edition", "life", 1, "--json").json["possible"]) == bool(made), "what was never approved is not approved again"
        made.append(approve(cli, cli("edition", "show", 1, "--json").json["state"]))
    assert made[0]["pages"] == made[1]["pages"] == made[2]["pages"] > 3
    assert made[0]["digest"] == made[2]["digest"] != made[1]["digest"]
    with runtime.transaction() as session:
        third = session.scalars(select(EditionVersion.id).where(EditionVersion.version == 3)).one()
        bound = standing.standing(session, 1)
        assert bound is not None
        assert set(bound.bound["pages"]) == set(session.scalars(pages_of(third)))
        changed = session.scalars(select(WapPage.token).where(WapPage.token.in_(bound.bound["pages"]), WapPage.media_type == PAGE_TYPE)).first()
        session.get_one(WapPage, changed).body += b" "
    set_setting(runtime, "approval_required", "yes")
    add_port(runtime, "http://127.0.0.1:9/")
    refused = cli("dispatch", "start", 1, code=2).err
    assert "is in_review and not approved" in refused
    assert f"ended: other bytes than were approved: WAP page {changed}." in refused
    cli("edition", "import", folder(tmp_path / "in", "新桥今天通车。"))
    assert approve(cli, "in_review")["digest"] == made[0]["digest"], "a page is what its name is made of, whatever lay there"


def test_a_page_that_is_gone_from_its_version_is_missed(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", folder(tmp_path / "in", "新桥今天通车。"))
    approve(cli, "draft")
    with runtime.transaction() as session:
        session.execute(delete(WapPage).where(WapPage.media_type == PAGE_TYPE))
        edition = session.get_one(Edition, 1)
        assert all(one.endswith("(gone)") for one in standing.look_again(session, edition, runtime.now()).changed)
        assert edition.state == "in_review"
        assert session.scalar(select(func.count()).select_from(WapPageVersion)) == 1, "the picture's"


def test_a_picture_with_other_bytes_is_seen(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", folder(tmp_path / "in", "新桥今天通车。"))
    approve(cli, "draft")
    with sqlite_runtime.transaction() as session:
        approval = standing.standing(session, 1)
        assert approval is not None
        assert standing.drift_of(session, approval).changed == ()
        session.scalars(select(Asset).where(Asset.media_type == "image/jpeg")).one().data += b" "
        (said,) = standing.drift_of(session, approval).changed
        assert said.startswith("WAP page ")


def test_links_of_every_version_open_while_several_are_under_way(runtime: Runtime, tmp_path: Path) -> None:
    (one, first), (two, second), (three, third) = (imported(runtime, folder(tmp_path / "in", f"新桥{day}通车。")) for day in ("今天", "明天", "今天"))
    assert first == third != second, "the same content has the same address"
    assert pages(runtime, one) == pages(runtime, three)
    browser = TestClient(make_app(runtime, Registry({}, ())))
    assert {browser.get(f"/wap/{token}").status_code for token in (first, second)} == {200}
    with runtime.transaction() as session:
        shared = wap_address_of(session, runtime.config).page_name(first)
        assert shared is not None
        assert set(session.scalars(versions_of(shared))) == {one, three}
        session.execute(delete(WapPageVersion).where(WapPageVersion.edition_version_id == three))
        assert session.scalars(versions_of(shared)).all() == [one], "what leaves one version stays with the other"
    assert browser.get(f"/wap/{first}").status_code == 200
    assert two


def test_another_edition_with_the_same_words_has_its_own_pages(runtime: Runtime, tmp_path: Path) -> None:
    (one, first), (two, second) = (imported(runtime, folder(tmp_path / slug, "新桥今天通车。", publication=slug)) for slug in ("morning", "second"))
    assert not pages(runtime, one).keys() & pages(runtime, two).keys(), "its pictures too"
    with runtime.transaction() as session:
        session.get_one(Edition, session.get_one(EditionVersion, one).edition_id).state = "killed"
        name = next(block.picture for body in pages(runtime, two).values() if b'"picture":"' in body for block in read_page(body).blocks if block.block == "shown")
        picture = wap_address_of(session, runtime.config).page_token(name)
    browser = TestClient(make_app(runtime, Registry({}, ())))
    assert [browser.get(f"/wap/{token}").status_code for token in (first, second, picture)] == [410, 200, 200]


def test_the_migration_gives_pages_to_all_their_versions(runtime: Runtime, tmp_path: Path) -> None:
    made = [imported(runtime, folder(tmp_path / "in", f"新桥{day}通车。"))[0] for day in ("今天", "明天", "今天")]
    kept = [pages(runtime, version_id) for version_id in made]
    downgrade(runtime, "0015")
    upgrade(runtime)
    assert [pages(runtime, version_id) for version_id in made] == kept
    with runtime.transaction() as session:
        session.execute(delete(WapPageVersion))
    assert pages(runtime, made[0]) == kept[0], "what the release before keeps meanwhile is found by the version that it names"
