"""ruff, mypy --strict and import-linter are content with everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

BIN = Path(sys.executable).parent
CHECKS: dict[str, list[str | Path]] = {
    "ruff": [BIN / "ruff", "check", "--output-format", "concise", "."],
    "mypy": [sys.executable, "-m", "mypy", "--hide-error-context", "--no-pretty"],
    "import-linter": [BIN / "lint-imports", "--no-cache"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name == "mypy" else name for name in CHECKS])
def test_check(name: str) -> None:
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if ": note: " not in line]
        pytest.fail("\n".join([f"{name}:", *lines[-60:], done.stderr[-2000:]]), pytrace=False)
