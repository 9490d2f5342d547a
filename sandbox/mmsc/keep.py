"""What the simulator took, on disk: one line for each SubmitReq, CancelReq and ReplaceReq, one file for each distinct content.

A line is appended and flushed before the answer leaves, so a killed simulator
still knows what it took.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO


class Keep:
    """A folder with `submissions.jsonl`, `recalls.jsonl`, `refusals.jsonl` and `bodies/<sha256>.mime`; nothing where it is None."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._bodies: set[str] = set()
        self._files: dict[str, TextIO] = {}
        if folder is not None:
            (folder / "bodies").mkdir(parents=True, exist_ok=True)
            (folder / "submissions.jsonl").touch()  # a peer that took nothing is a peer all the same
            self._bodies = {path.stem for path in (folder / "bodies").glob("*.mime")}

    def body(self, sha256: str, data: bytes) -> None:
        """Keep a content; once is enough."""
        if self._folder is None or sha256 in self._bodies:
            return
        path = self._folder / "bodies" / f"{sha256}.mime"
        written = path.with_suffix(".part")
        written.write_bytes(data)
        written.rename(path)
        self._bodies.add(sha256)

    def line(self, name: str, record: Mapping[str, Any]) -> None:
        """Append one line to `<name>.jsonl`."""
        if self._folder is None:
            return
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = (self._folder / f"{name}.jsonl").open("a", encoding="utf-8")
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        file.flush()

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
