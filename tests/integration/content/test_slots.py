"""Slots from the folder to the approval, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import CLI
from tests.unit.content import editions

BODY = "{{greeting|亲爱的读者}}，您好！您有{{points|若干}}分。"


def write(folder: Path, points: int) -> Path:
    sections = [{"title": "要闻", "items": ["articles/1.md"]}]
    return editions.write(folder, {"edition.yaml": editions.edition(sections=sections, slots=["greeting", {"points": points}]), "articles/1.md": editions.article("问候", BODY)})


def test_a_longer_slot_needs_a_new_approval(sqlite_runtime: object, cli: CLI, tmp_path: Path) -> None:
    folder = write(tmp_path / "paper", 8)
    cli("settings", "set", "approval_required", "yes")
    edition_id = cli("edition", "import", str(folder), "--json").json["edition_id"]
    cli("edition", "submit", str(edition_id))
    cli("edition", "approve", str(edition_id))
    cli("port", "add", "main", "--kind", "mm7", "--url", "http://127.0.0.1:9/", "--rate", "10")
    assert "not approved" not in cli("dispatch", "start", str(edition_id), "--detach", code=2).err
    write(folder, 12)
    told = cli("edition", "import", str(folder), "--json").json["warnings"]
    assert any("approval" in one and "ended" in one for one in told)
    assert "not approved" in cli("dispatch", "start", str(edition_id), "--detach", code=2).err
    out = tmp_path / "built"
    cli("edition", "build", str(edition_id), "--out", str(out), "--classes", "30kb-128x160")
    manifest = json.loads((out / "manifest.json").read_text())["variants"][0]
    assert manifest["slots"] == ["greeting", "points"]
    assert manifest["size_bytes"] < manifest["size_bytes_max"] <= 30_000
    assert "亲爱的读者，您好！您有若干分。" in (out / manifest["variant_id"] / "parts" / "02.txt").read_text()
    assert cli("edition", "check", str(edition_id), "--classes", "30kb-128x160", "--json").json["passed"]
