"""What the reconciliation board asks of runs and of open differences: by class, page by page, and all that a filter finds for one owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from reconciliation.runs.models import DAILY, MONTHLY, ReconcileDifference, ReconcileRun
from reconciliation.runs.open import assign
from subscribers.models import Reader

NOBODY = "-"
"""As an owner in a filter: nobody looks after it."""

HAND_MAX = 2000
"""So many differences get an owner at once."""


@dataclass(frozen=True)
class OpenClass:
    """Open differences of one class.

    Attributes:
        oldest: the day on which the oldest of them was first seen.
        unowned: nobody looks after them.
        asks: a person must decide.
        owners: how many people look after the others.
    """

    name: str
    count: int
    money_fen: int
    oldest: date
    unowned: int
    asks: int
    owners: int


def open_classes(session: Session, *, city: str = "") -> Sequence[OpenClass]:
    """By class, what costs most first; one pass over what is open."""
    c = ReconcileDifference
    columns = (
        c.name, func.count(), func.coalesce(func.sum(c.money_fen), 0), func.min(c.first_day), func.count().filter(c.owner == ""), func.count().filter(c.action == "ask"),
        func.count(func.nullif(c.owner, "").distinct()),
    )  # fmt: skip
    rows = select(*columns).where(c.closed_at.is_(None), *_of_city(city)).group_by(c.name)
    found = [OpenClass(name, count, int(money), oldest, unowned, asks, owners) for name, count, money, oldest, unowned, asks, owners in session.execute(rows)]
    return sorted(found, key=lambda one: (-one.money_fen, -one.count, one.name))


@dataclass(frozen=True)
class WantedOpen:
    """Which open differences; "" is any, `NOBODY` as an owner those without one."""

    name: str = ""
    action: str = ""
    owner: str = ""
    city: str = ""


@dataclass(frozen=True)
class OpenLine:
    """An open difference and who the number's reader is, None where nobody has it."""

    row: ReconcileDifference
    reader_id: int | None


def open_page(session: Session, wanted: WantedOpen, *, after: tuple[date, int] | None = None, limit: int) -> list[OpenLine]:
    """The oldest first, those behind `after`: (first_day, id) of the last one seen. Read along `ix_reconcile_differences_open_since`."""
    c = ReconcileDifference
    rows = select(c, Reader.id).outerjoin(Reader, Reader.msisdn == c.msisdn).where(c.closed_at.is_(None), *_conditions(wanted))
    if after is not None:
        day, last = after
        rows = rows.where(c.first_day >= day, or_(c.first_day > day, and_(c.first_day == day, c.id > last)))
    return [OpenLine(row, reader_id) for row, reader_id in session.execute(rows.order_by(c.first_day, c.id).limit(limit))]


def find_open(session: Session, difference_id: int, *, city: str = "") -> ReconcileDifference | None:
    """An open difference, where its reader is of the city."""
    c = ReconcileDifference
    return session.scalar(select(c).where(c.id == difference_id, c.closed_at.is_(None), *_of_city(city)))


def count_open(session: Session, wanted: WantedOpen) -> int:
    """How many there are."""
    c = ReconcileDifference
    return int(session.scalar(select(func.count()).select_from(c).where(c.closed_at.is_(None), *_conditions(wanted))) or 0)


def hand(session: Session, wanted: WantedOpen, owner: str, *, by: str, at: datetime) -> int:
    """Give the oldest of those that fit to somebody, at most `HAND_MAX`; an empty name to nobody. How many."""
    ids = [line.row.id for line in open_page(session, wanted, limit=HAND_MAX)]
    assign(session, ids, owner, by=by, at=at)
    return len(ids)


def _conditions(wanted: WantedOpen) -> Iterator[ColumnElement[Any]]:
    c = ReconcileDifference
    if wanted.name:
        yield c.name == wanted.name
    if wanted.action:
        yield c.action == wanted.action
    if wanted.owner:
        yield c.owner == ("" if wanted.owner == NOBODY else wanted.owner)
    yield from _of_city(wanted.city)


def _of_city(city: str) -> Iterator[ColumnElement[Any]]:
    if city:
        his = aliased(Reader)
        yield select(his.id).where(his.msisdn == ReconcileDifference.msisdn, his.city == city).exists()


def latest_runs(session: Session, limit: int) -> Sequence[ReconcileRun]:
    """The runs of the latest days and months."""
    c = ReconcileRun
    return session.scalars(select(c).order_by(c.day.desc(), c.id.desc()).limit(limit)).all()


def newest_plans(session: Session) -> Sequence[ReconcileRun]:
    """Of each kind the newest run that planned something: the only ones of which anything is still done."""
    c = ReconcileRun
    found = [session.scalar(select(c).where(c.kind == kind, c.plan != "").order_by(c.day.desc(), c.id.desc()).limit(1)) for kind in (DAILY, MONTHLY)]
    return [one for one in found if one is not None]
