"""What a simulator keeps while it works: JSON, a line for each message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def kept_lines(path: Path) -> list[Any]:
    """The lines that are whole; the last may be on its way still. None where there is no file yet."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]
