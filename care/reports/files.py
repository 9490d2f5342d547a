"""A report as a file: PDF or workbook, whole or not there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from care.reports.document import Document
from huabao.errors import UsageError

PDF, XLSX = "pdf", "xlsx"
TYPES: Final = {PDF: "application/pdf", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
"""Media type by the ending of the name."""


def content(document: Document, suffix: str) -> bytes:
    """The file's bytes; `suffix` is a key of `TYPES`.

    Raises:
        UsageError: the libraries for a PDF are missing.
    """
    if suffix == PDF:
        from care.reports.paper import write_pdf

        return write_pdf(document)
    from care.reports.workbook import write_workbook

    out = io.BytesIO()
    write_workbook(out, document)
    return out.getvalue()


def suffix_of(out: Path) -> str:
    """What the file's name asks for.

    Raises:
        UsageError: neither PDF nor workbook.
    """
    suffix = out.suffix.lower().removeprefix(".")
    if suffix not in TYPES:
        raise UsageError(f"--out {out}: its name ends in .pdf or .xlsx, which says what is written")
    return suffix


def write(document: Document, out: Path) -> None:
    """Write it as the file's name says.

    Raises:
        UsageError: the name, or the file cannot be written.
    """
    made = content(document, suffix_of(out))
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(made)
        part.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}; name a file in a folder that exists and is yours") from error
    finally:
        part.unlink(missing_ok=True)
