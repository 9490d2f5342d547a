"""Operations of reports: a day, a month, an edition as their pages have them, with true values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from care.reports.document import Document
from care.reports.making import day_report, edition_report, month_report
from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.scopes import READ
from content.models import Edition
from huabao.errors import UsageError
from reconciliation.stop_send.report import month_of

Language = Annotated[Literal["zh", "en"], Field(description="Of its words")]


class DayQuery(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid")

    date: Annotated[str, Field(max_length=10, description="A business day, as 2026-11-21")]
    language: Language = "zh"


class MonthQuery(BaseModel):
    """Which month."""

    model_config = ConfigDict(extra="forbid")

    month: Annotated[str, Field(max_length=7, description="As 2026-11")]
    language: Language = "zh"


class EditionQuery(BaseModel):
    """In which language."""

    model_config = ConfigDict(extra="forbid")

    language: Language = "zh"


class FigureDocument(BaseModel):
    """A headline figure; `kind` says what the value is."""

    label: str
    value: Any
    kind: str = Field(description="text, count, percent (as a share of one), rate, minutes, money (fen), day, moment, clock or bytes")
    note: str


class ColumnDocument(BaseModel):
    """A column of a table."""

    head: str
    kind: str


class TableDocument(BaseModel):
    """A table, all its rows."""

    name: str
    columns: list[ColumnDocument]
    rows: list[list[Any]]


class ReportDocument(BaseModel):
    """A report; what keeps it from being the last word stands in `warnings`."""

    kind: str
    title: str
    span: str
    made_at: datetime
    warnings: list[str]
    figures: list[FigureDocument]
    tables: list[TableDocument]


def day(call: Call) -> Reply:
    """The report of a day."""
    query = call.query
    assert isinstance(query, DayQuery)
    try:
        wanted = date.fromisoformat(query.date)
    except ValueError as error:
        raise Problem("invalid", f"date: {query.date!r} is no day; write it as 2026-11-21") from error
    return _made(call, lambda session, now: day_report(session, wanted, now, query.language))


def month(call: Call) -> Reply:
    """The report of a month."""
    query = call.query
    assert isinstance(query, MonthQuery)
    wanted = month_of(query.month)
    return _made(call, lambda session, now: month_report(session, wanted, now, query.language))


def edition(call: Call) -> Reply:
    """The report of an edition."""
    query, edition_id = call.query, call.path["edition_id"]
    assert isinstance(query, EditionQuery)

    def make(session: Session, now: datetime) -> Document:
        found = session.get(Edition, edition_id) if edition_id < 2**63 else None
        if found is None:
            raise Problem("not-found", f"there is no edition {edition_id}")
        return edition_report(session, found, now, query.language)

    return _made(call, make)


def _made(call: Call, make: Callable[[Session, datetime], Document]) -> Reply:
    try:
        with call.runtime.transaction(read_only=True, still=True) as session:
            found = make(session, call.runtime.now())
    except UsageError as error:
        raise Problem("invalid", str(error)) from error
    figures = [FigureDocument(label=one.label, value=one.value, kind=one.kind, note=one.note) for one in found.figures]
    return Reply(
        200,
        ReportDocument(
            kind=found.kind, title=found.title, span=found.span, made_at=found.made_at, warnings=list(found.warnings), figures=figures,
            tables=[
                TableDocument(name=one.name, columns=[ColumnDocument(head=column.head, kind=column.kind) for column in one.columns], rows=[list(row) for row in one.rows])
                for one in found.tables
            ],
        ),
    )  # fmt: skip


OPERATIONS = (
    Operation("reportDay", "GET", "/reports/day", (READ,), "What a manager reads of a day", day, {200: ReportDocument}, (), None, DayQuery),
    Operation("reportMonth", "GET", "/reports/month", (READ,), "The same of a month, beside the month before", month, {200: ReportDocument}, (), None, MonthQuery),
    Operation("reportEdition", "GET", "/reports/editions/{edition_id:int}", (READ,), "The same of an edition", edition, {200: ReportDocument}, ("not-found",), None, EditionQuery),
)
