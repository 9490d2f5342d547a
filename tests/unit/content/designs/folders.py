"""Designs made for tests."""

from __future__ import annotations

from pathlib import Path

from content.designs import Design
from content.designs.library import load

HEAD = """kind = "newspaper"
title_zh = "样"
title_en = "Sample"
description_zh = "只为一试。"
description_en = "For a try only."
"""


def folder(root: Path, files: dict[str, str] | None = None, *, name: str = "mine", head: str = HEAD) -> Path:
    """The folder of a design with these files beside its sheet."""
    for path, text in {"design.toml": head, **(files or {})}.items():
        target = root / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return root / name


def made(root: Path, files: dict[str, str] | None = None, *, head: str = HEAD) -> Design:
    """The design of such a folder."""
    return load(folder(root, files, head=head))
