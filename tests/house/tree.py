"""The files that belong to the project, as git knows them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("huabao", "subscribers", "content", "delivery", "reconciliation", "monitoring", "care", "console", "sandbox")


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Every file of the project, relative to its root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return tuple(Path(name.decode()) for name in listed.split(b"\0") if name and (ROOT / name.decode()).is_file())


def sources(*packages: str) -> Iterator[Path]:
    """The Python files of these packages (all of ours when none is named), relative to the root."""
    wanted = packages or PACKAGES
    return (path for path in tracked() if path.suffix == ".py" and path.parts[0] in wanted)


def text_files() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is UTF-8 text, with its text."""
    for path in tracked():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file of ours."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))
