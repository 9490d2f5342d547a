"""What is wrong with a design: where, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from huabao.errors import UsageError


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        file: in the design's folder.
        line: in it, from 1; 0 where no line is to blame.
        reason: what, and what to do.
    """

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"file": self.file, "line": self.line, "reason": self.reason}


class DesignError(UsageError):
    """A design that cannot be used.

    Attributes:
        faults: everything that is wrong with it.
    """

    def __init__(self, name: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        shown = "\n".join(f"  {fault}" for fault in self.faults[:20])
        super().__init__(f"the design {name!r} is refused:\n{shown}")
