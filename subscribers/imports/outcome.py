"""What an import did, as counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class ImportOutcome:
    """Counts of one file; `read = added + changed + unchanged + rejected`.

    Attributes:
        read: records of the file, without header and blank lines.
        added, changed, unchanged: what became of the good rows.
        rejected: rows set aside.
        readers_created: numbers that only a subscription named.
        rejected_file: where the rows set aside are, or None.
        warnings: what the operator should know, one line each.
        form: which form the file had, where there are several; else None.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    readers_created: int = 0
    rejected_file: str | None = None
    warnings: tuple[str, ...] = ()
    form: str | None = None

    def to_document(self) -> dict[str, Any]:
        """For `--json` and the audit trail."""
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "readers_created": self.readers_created,
            "rejected_file": self.rejected_file,
            "warnings": list(self.warnings),
            **({"form": self.form} if self.form else {}),
        }
