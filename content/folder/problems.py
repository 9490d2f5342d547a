"""What is wrong with a folder: every problem with its file, its line and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from huabao.errors import UsageError

PROBLEMS_SHOWN = 50
"""More than that many problems are counted, not listed: nobody reads further."""


@dataclass(frozen=True)
class Place:
    """A line of a file; `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass
class Findings:
    """Problems, which refuse the folder, and warnings, which do not; the same one is noted once."""

    problems: dict[str, None] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)

    def problem(self, place: Place, what: str, remedy: str) -> None:
        """Note something that refuses the folder."""
        self.problems[f"{place}: {what}; {remedy}"] = None

    def refuse(self, line: str) -> None:
        """Note a problem whose line is written already."""
        self.problems[line] = None

    def warn(self, place: Place, what: str) -> None:
        """Note something that an editor should look at."""
        self.warnings[f"{place}: {what}"] = None

    def raise_if_any(self) -> None:
        """Refuse the folder.

        Raises:
            UsageError: there are problems; its text lists them, one a line.
        """
        if self.problems:
            shown = list(self.problems)[:PROBLEMS_SHOWN]
            more = len(self.problems) - len(shown)
            raise UsageError("\n".join(shown) + (f"\n… and {more} more problems" if more else ""))
