"""Designs in use: one dropped into a folder, chosen by publication or edition, kept with the version, refused when broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from content.models import EditionVersion
from content.services import load_assets, load_version_by_id
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.unit.content import editions
from tests.unit.content.designs.folders import folder

HEAD = """extends = "letterhead"
title_zh = "江水"
title_en = "River"
description_zh = "只换了颜色和头条的样子。"
description_en = "Other colours, and another list of headlines."

[style]
accent = "#0b5563"
"""
MASTHEAD = "{{ title }}今日\n{% for headline in headlines %}\n{{ headline }}\n{% endfor %}\n"


def small(root: Path, **values: Any) -> Path:
    """A paper of two stories."""
    sections = [{"title": "要闻", "items": ["articles/1.md", "articles/2.md"]}]
    files = {"edition.yaml": editions.edition(sections=sections, **values), "articles/1.md": editions.article("新桥通车"), "articles/2.md": editions.article("天气", "今天晴。")}
    return editions.write(root, dict(files))


def first_text(out: Path, name: str) -> str:
    """The text of the first slide of the only variant of a class."""
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    variant = next(one for one in manifest["variants"] if one["handset_class"] == name)
    text: str = (out / variant["variant_id"] / "parts/01.txt").read_text("utf-8")
    return text


def test_a_design_dropped_into_a_folder_sets_editions_and_stays_as_it_was_imported(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    mine = folder(tmp_path / "designs", {"slides/masthead.txt.j2": MASTHEAD}, name="river", head=HEAD)
    env = {"HUABAO_DESIGNS": str(tmp_path / "designs")}
    listed = cli("design", "list", "--json", env=env).json["designs"]
    assert [(one["name"], one["kind"]) for one in listed if not one["ours"]] == [("river", "newspaper")]
    made = cli("publication", "add", "test-newspaper", "--title", "江城早报", "--kind", "newspaper", "--service-id", "n", "--design", "river", "--json", env=env).json
    assert made["design"] == "river"
    cli("edition", "import", small(tmp_path / "in"), env=env)
    build = ("edition", "build", 1, "--signatures", "all", "--json")
    cli(*build, "--out", tmp_path / "one", "--classes", "30kb-128x160", env=env)
    assert first_text(tmp_path / "one", "30kb-128x160") == "江城早报今日\n新桥通车\n天气"

    (mine / "slides/masthead.txt.j2").write_text(MASTHEAD.replace("今日", "明日"), "utf-8")
    late = cli(*build, "--out", tmp_path / "late", "--classes", "30kb-128x160,50kb-176x220", env=env).json
    assert first_text(tmp_path / "late", "50kb-176x220").startswith("江城早报今日"), "a late variant is built by the design that was kept"
    assert late["variants"][0]["sha256"] == json.loads((tmp_path / "one/manifest.json").read_text("utf-8"))["variants"][0]["sha256"]

    (mine / "slides/masthead.txt.j2").write_text("{{ title }}\n{% for headline in headlines %}\n{{ headlin }}\n{% endfor %}\n", "utf-8")
    refused = cli("edition", "import", tmp_path / "in", code=2, env=env)
    assert "the design 'river' is refused" in refused.err
    assert "slides/masthead.txt.j2:3: 'headlin' is undefined" in refused.err
    assert [one["version"] for one in cli("edition", "show", 1, "--json", env=env).json["versions"]] == [1]
    assert cli("design", "check", "river", "--json", code=1, env=env).json["faults"] == [{"file": "slides/masthead.txt.j2", "line": 3, "reason": "'headlin' is undefined"}]

    (mine / "slides/masthead.txt.j2").write_text(MASTHEAD.replace("今日", "明日"), "utf-8")
    cli("edition", "import", tmp_path / "in", env=env)
    cli(*build, "--out", tmp_path / "two", "--classes", "30kb-128x160", env=env)
    assert first_text(tmp_path / "two", "30kb-128x160").startswith("江城早报明日")
    with runtime.transaction() as session:
        sums = [version.manuscript["design_sha256"] for version in session.scalars(select(EditionVersion).order_by(EditionVersion.version))]
        kept = [load_assets(session, load_version_by_id(session, number).manuscript) for number in (1, 2)]
    assert sums[0] != sums[1]
    assert [sum_ in assets for sum_, assets in zip(sums, kept, strict=True)] == [True, True]


def test_an_edition_names_its_own_design_and_only_one_of_its_kind(cli: CLI, tmp_path: Path) -> None:
    cli("edition", "import", small(tmp_path / "in", design="evening"))
    cli("edition", "build", 1, "--signatures", "all", "--out", tmp_path / "out", "--classes", "30kb-128x160")
    assert first_text(tmp_path / "out", "30kb-128x160").startswith("11月22日 星期日看点\n△ 新桥通车")
    said = cli("edition", "import", small(tmp_path / "in", design="study"), code=2).err
    assert "the design 'study' is for a magazine, not for a newspaper; there are evening, letterhead, morning" in said
    assert "there is no design 'nobody'" in cli("edition", "import", small(tmp_path / "in", design="nobody"), code=2).err
    assert "edition.yaml" in cli("edition", "import", small(tmp_path / "in", design="../etc"), code=2).err
    assert "for a comic" in cli("publication", "set", "test-newspaper", "--design", "paper", code=2).err
    assert cli("publication", "set", "test-newspaper", "--design", "letterhead", "--json").json["design"] == "letterhead"
    assert cli("publication", "set", "test-newspaper", "--design", "default", "--json").json["design"] == ""


def test_check_add_and_show(cli: CLI, tmp_path: Path) -> None:
    drafts = folder(tmp_path / "drafts", {"slides/masthead.txt.j2": MASTHEAD}, name="river", head=HEAD)
    env = {"HUABAO_DESIGNS": str(tmp_path / "designs")}
    checked = cli("design", "check", drafts, "--out", tmp_path / "sheets", "--json", env=env).json
    assert (checked["fit"], len(checked["classes"]), len(checked["sheets"])) == (True, 5, 5)
    assert all(Path(sheet).read_bytes().startswith(b"\x89PNG") for sheet in checked["sheets"])
    assert cli("design", "add", drafts, "--json", env=env).json["name"] == "river"
    shown = cli("design", "show", "river", "--json", env=env).json
    assert (shown["style"]["accent"], shown["style"]["nameplate"]) == ("#0b5563", "letterhead")
    assert shown["own_files"] == ["slides/masthead.txt.j2", "wap/style.css.j2"], "what is not as every design begins"
    assert "nothing to copy" in cli("design", "add", tmp_path / "designs/river", code=2, env=env).err
    broken = folder(tmp_path / "broken", {"slides/end.txt.j2": "{{ credit"}, name="river", head=HEAD)
    assert "slides/end.txt.j2:1" in cli("design", "add", broken, code=2, env=env).err
    assert cli("design", "show", "river", "--json", env=env).json["sha256"] == shown["sha256"], "what was there stays"
    assert "there is no design 'nobody' and no such folder" in cli("design", "check", "nobody", code=2, env=env).err
