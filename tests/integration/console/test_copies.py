"""`db backup`: where it cannot be written it says so in one line."""

from __future__ import annotations

from pathlib import Path

from huabao.runtime import Runtime
from tests.command_line import CLI


def test_a_copy_goes_out_and_comes_back(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    cli("settings", "set", "report_wait_s", "60", code=0)
    assert cli("db", "backup", tmp_path / "copy", "--json", code=0).json["size_bytes"] > 0
    cli("settings", "set", "report_wait_s", "90", code=0)
    cli("db", "restore", tmp_path / "copy", code=0)
    found = {row["name"]: row["value"] for row in cli("settings", "list", "--json", code=0).json}
    assert found["report_wait_s"] == 60


def test_a_folder_that_is_not_there_is_named(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    said = cli("db", "backup", tmp_path / "nowhere" / "copy", code=2)
    assert said.err.count("\n") == 1
    assert "cannot be written" in said.err
