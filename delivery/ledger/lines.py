"""Files that a peer kept, a JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from huabao.errors import UsageError

Line = TypeVar("Line")


def read_lines(path: Path, read: Callable[[dict[str, Any]], Line], what: str) -> Iterator[Line]:
    """What `read` makes of each line of `path`.

    Args:
        what: of which a line is the record, for the message.

    Raises:
        UsageError: a line that cannot be read.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                return  # the peer is still writing its last line, or was killed at it
            try:
                yield read(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UsageError(f"{path}:{number}: no record of {what} ({type(error).__name__}); is this a sandbox's folder?") from error
