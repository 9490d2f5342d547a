"""What we did not write is what its package holds, and has its licence beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (ROOT / "console" / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_vendored_files_have_the_hash_that_is_written_down(folder: Path) -> None:
    notes = (folder / "VENDORED.md").read_text("utf-8")
    files = [path for path in folder.iterdir() if not path.name.endswith(("LICENSE.txt", ".md"))]
    assert files
    for path in files:
        line = next(line for line in notes.splitlines() if f"| {path.name} |" in line)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in line
        licence = line.split("|")[3].split(",")[-1].strip()
        assert (folder / licence).exists()
