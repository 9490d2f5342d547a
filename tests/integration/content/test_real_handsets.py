"""A real edition tried on real handsets: what is imported, classed and checked is nobody's invention."""

from __future__ import annotations

from pathlib import Path

from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.command_line import CLI

CLASS = "50kb-176x220"


def test_a_real_paper_fits_nearly_every_nokia_of_its_class(sqlite_runtime: Runtime, cli: CLI, samples: Path, tmp_path: Path) -> None:
    lines = (samples / "devices" / "uaprof-index.csv").read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "nokia.csv"
    path.write_text("".join(line for line in lines if line.startswith("file,") or "nokia" in line.lower()), "utf-8")
    import_handsets(sqlite_runtime, path, by="li")
    cli("edition", "import", samples / "editions" / "newspaper-2022-10-am")
    said = cli("edition", "check", 1, "--classes", CLASS, "--signatures", "default", "--json", code=None).json
    tried = said["classes"][CLASS]["handsets"]
    assert tried > 20
    assert len({one["handset"] for one in said["failures"]}) <= tried // 50
    assert all(one["reason"] and one["handset_class"] == CLASS for one in said["failures"])
