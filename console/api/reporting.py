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


City = Annotated[str | None, Field(min_length=1, max_length=40, description="Readers of that city alone; to a token of one city it is always that one")]


class DayQuery(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid")

    date: Annotated[str, Field(max_length=10, description="A business day, as 2026-11-21")]
    language: Language = "zh"
    city: City = None


class MonthQuery(BaseModel):
    """Which month."""

    model_config = ConfigDict(extra="forbid")

    month: Annotated[str, Field(max_length=7, description="As 2026-11")]
    language: Language = "zh"
    city: City = None


class EditionQuery(BaseModel):
    """In which language, and of which city."""

    model_config = ConfigDict(extra="forbid")

    language: Language = "zh"
    city: City = None


class FigureDocument(BaseModel):
    """A headline figure; `kind` says what the value is."""

    label: str = Field(description="What it is, in the language that was asked for")
    value: Any = Field(description="A number, a text or an instant, by `kind`; null where nobody knows")
    kind: str = Field(description="text, count, percent (as a share of one), rate, minutes, money (fen), day, moment, clock or bytes")
    note: str = Field(description="What must be known with it, or empty")


class ColumnDocument(BaseModel):
    """A column of a table."""

    head: str = Field(description="Its heading, in the language that was asked for")
    kind: str = Field(description="What its cells are; the kinds of a figure")


class TableDocument(BaseModel):
    """A table, all its rows."""

    name: str = Field(description="Its heading, in the language that was asked for")
    columns: list[ColumnDocument] = Field(description="In the order of the cells")
    rows: list[list[Any]] = Field(description="A list of cells each, as many as there are columns")


class ReportDocument(BaseModel):
    """A report; what keeps it from being the last word stands in `warnings`."""

    kind: str = Field(description="day, month, edition …")
    city: str | None = Field(description="Whose readers alone it counts; null for all")
    title: str = Field(description="Its heading, in the language that was asked for")
    span: str = Field(description="The day, month or edition that it is about, in words")
    made_at: datetime = Field(description="When it was counted")
    warnings: list[str] = Field(description="What keeps it from being the last word, a sentence each")
    figures: list[FigureDocument] = Field(description="What stands at its head")
    tables: list[TableDocument] = Field(description="In the order of the printed report")


def day(call: Call) -> Reply:
    """The report of a day."""
    query = call.query
    assert isinstance(query, DayQuery)
    try:
        wanted = date.fromisoformat(query.date)
    except ValueError as error:
        raise Problem("invalid", f"date: {query.date!r} is no day; write it as 2026-11-21") from error
    city = _city(call, query.city)
    return _made(call, lambda session, now: day_report(session, wanted, now, query.language, city=city))


def month(call: Call) -> Reply:
    """The report of a month."""
    query = call.query
    assert isinstance(query, MonthQuery)
    wanted = month_of(query.month)
    city = _city(call, query.city)
    return _made(call, lambda session, now: month_report(session, wanted, now, query.language, city=city))


def edition(call: Call) -> Reply:
    """The report of an edition."""
    query, edition_id = call.query, call.path["edition_id"]
    assert isinstance(query, EditionQuery)
    city = _city(call, query.city)

    def make(session: Session, now: datetime) -> Document:
        found = session.get(Edition, edition_id) if edition_id < 2**63 else None
        if found is None:
            raise Problem("not-found", f"there is no edition {edition_id}")
        return edition_report(session, found, now, query.language, city=city)

    return _made(call, make)


def _city(call: Call, asked: str | None) -> str:
    """Whose version: the token's city; of a token of all, the one that is asked for, or "" for all.

    Raises:
        Problem: a token of one city asks for another.
    """
    if call.client.city and asked not in (None, call.client.city):
        raise Problem("forbidden", f"the token is for {call.client.city} alone")
    return call.client.city or asked or ""


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
            kind=found.kind, city=found.city or None, title=found.title, span=found.span, made_at=found.made_at, warnings=list(found.warnings), figures=figures,
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
