"""A report written to its file, which is there only when it is whole."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from huabao.errors import UsageError
from reconciliation.reports.figures import Report
from reconciliation.reports.gathering import listed_differences


def write(session: Session, report: Report, out: Path, language: str) -> int:
    """Write it as the file's name says (.pdf, .xlsx or .png); how many open differences it names.

    Raises:
        UsageError: the file cannot be written, the libraries for a PDF are missing, or there is nothing to draw.
    """
    part = out.with_name(f"{out.name}.part")
    try:
        listed = _written(session, report, part, out.suffix.lower(), language)
        part.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}; name a file in a folder that exists and is yours") from error
    finally:
        part.unlink(missing_ok=True)
    return listed


def _written(session: Session, report: Report, part: Path, suffix: str, language: str) -> int:
    if suffix == ".xlsx":
        from reconciliation.reports.workbook import write_workbook

        with part.open("wb") as out:
            return write_workbook(out, report, listed_differences(session, report.until, masked=report.masked), language)
    if suffix == ".pdf":
        from reconciliation.reports.paper import write_pdf

        part.write_bytes(write_pdf(report, language))
        return len(report.listed)
    from reconciliation.reports.picture import waterfall_png

    if report.waterfall_of is None:
        raise UsageError("no run of this span knew all three sides, so there is no waterfall to draw; `huabao reconcile runs` shows what there is")
    part.write_bytes(waterfall_png(report.waterfall_of, language))
    return 0
