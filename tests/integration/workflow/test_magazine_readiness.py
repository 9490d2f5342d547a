"""An incomplete magazine is a draft that nobody can mark ready; what it lacks is named at every step."""

from __future__ import annotations

from pathlib import Path

import yaml
from sqlalchemy import select

from content.quiz.models import OpenedQuiz
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.unit.content import editions


def without(folder: Path, part: str) -> Path:
    """The magazine with that part's section empty."""
    path = folder / "edition.yaml"
    document = yaml.safe_load(path.read_text())
    for section in document["sections"]:
        if section.get("part") == part:
            section["items"] = []
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    return folder


def test_what_a_magazine_lacks_is_named_until_it_is_there(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    folder = without(editions.magazine(tmp_path / "m"), "comic")
    made = cli("edition", "import", folder, "--json").json
    assert any("not ready yet: the magazine lacks its four-panel comic (四格漫画)" in warning for warning in made["warnings"])
    edition = str(made["edition_id"])
    said = cli("edition", "submit", edition, code=2).err
    assert "is not ready: the magazine lacks its four-panel comic (四格漫画)" in said
    assert "is not ready: the magazine lacks its four-panel comic" in cli("edition", "schedule", edition, code=2).err
    assert cli("edition", "show", edition, "--json").json["state"] == "draft"
    cli("edition", "import", editions.magazine(tmp_path / "m"))
    cli("edition", "submit", edition)
    cli("edition", "import", without(tmp_path / "m", "quiz"))
    refused = cli("edition", "approve", edition, "--json", code=1).json
    assert "互动问答" in str(refused), "a version that came since lacks a part"
    cli("edition", "import", editions.magazine(tmp_path / "m"))
    cli("edition", "approve", edition)
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.scalars(select(OpenedQuiz.keyword)).all() == ["da"]


def test_a_keyword_that_is_in_use_is_refused_with_its_owner(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    first = str(cli("edition", "import", editions.magazine(tmp_path / "m"), "--json").json["edition_id"])
    cli("edition", "submit", first)
    cli("edition", "approve", first)
    path = tmp_path / "m" / "edition.yaml"
    path.write_text(path.read_text().replace("2026-11'", "2026-12'").replace("number: 2026-11\n", "number: 2026-12\n"))
    second = cli("edition", "import", tmp_path / "m", "--json").json
    assert second["edition_id"] != int(first)
    assert "which test-magazine/2026-11 (DA) has at 10650000" in cli("edition", "submit", str(second["edition_id"]), code=2).err
    cli("edition", "kill", first, "--reason", "wrong")
    cli("edition", "submit", str(second["edition_id"]))
