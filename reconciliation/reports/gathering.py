"""What the tables of runs give a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from huabao.clock import SHANGHAI
from huabao.msisdn import MSISDN
from reconciliation.charges.bills import sums as refund_sums
from reconciliation.reports.figures import AGES, AgeFigures, BillFigures, ClassFigures, DayFigures, ListedDifference, RepairFigures, Report, age_group, age_of
from reconciliation.runs.models import DAILY, MONTHLY, ReconcileDifference, ReconcileRepair, ReconcileRun

TREND_DAYS = 30
LISTED_MAX = 200
"""Open differences on paper; the workbook has them all."""

CHUNK_ROWS = 2000


def gather(session: Session, since: date, until: date, *, kind: str, made_at: datetime, masked: bool, listed_max: int = LISTED_MAX) -> Report:
    """The report of a span; differences as they were at its end.

    Args:
        since, until: both within.
        kind: daily or monthly: what the report is called; of a month its own run counts beside those of its days.
        masked: numbers with their middle hidden.
        listed_max: open differences that are named; the others are counted.
    """
    days = _runs(session, since, until, DAILY)
    monthly = _runs(session, since, until, MONTHLY) if kind == MONTHLY else ()
    whole = [one for one in (*days, *monthly) if one.is_whole]
    newest = whole[-1] if whole else None
    trend = _runs(session, until - timedelta(days=TREND_DAYS - 1), until, DAILY)
    ages, total = _ages(session, until)
    return Report(
        kind=kind,
        since=since,
        until=until,
        made_at=made_at,
        days=days,
        trend=trend,
        classes=_classes(days, newest),
        waterfall_of=newest,
        ages=ages,
        repairs=_repairs(session, [one.run_id for one in (*days, *monthly)]),
        listed=tuple(listed_differences(session, until, masked=masked, limit=listed_max)),
        listed_total=total,
        masked=masked,
        bill=_bill(session, since, until) if kind == MONTHLY else None,
        refunds=refund_sums(session, since.replace(day=1)) if kind == MONTHLY else {},
    )


def _runs(session: Session, since: date, until: date, kind: str) -> tuple[DayFigures, ...]:
    """The newest run of each day that compared something."""
    c = ReconcileRun
    rows = session.scalars(select(c).where(c.kind == kind, c.day >= since, c.day <= until, c.compared_at.is_not(None)).order_by(c.day, c.id)).all()
    return tuple({row.day: _day(row) for row in rows}.values())


def _day(row: ReconcileRun) -> DayFigures:
    figures = row.figures
    return DayFigures(
        day=row.day,
        run_id=row.id,
        compared=row.compared,
        matched=row.matched,
        differences=figures.get("differences", {}),
        money_fen=figures.get("money_fen", {}),
        equal=figures.get("equal", {}),
        as_of={"boss": row.boss_as_of, "misc": row.misc_as_of, "platform": row.platform_as_of},
        refused=tuple(row.refused),
        in_flight=figures.get("in_flight", 0),
        unknown=figures.get("unknown", 0),
        records=figures.get("records", {}),
        explained=figures.get("explained", 0),
        gaps=figures.get("gaps", {}),
    )


def _bill(session: Session, since: date, until: date) -> BillFigures | None:
    """The newest bill of a month whose lists were made; it may have come by itself, so its run need not have compared anything."""
    c = ReconcileRun
    for row in session.scalars(select(c).where(c.kind == MONTHLY, c.day >= since, c.day <= until).order_by(c.id.desc())):
        if row.figures.get("lists"):
            lists = {name: (int(one["count"]), int(one["money_fen"])) for name, one in row.figures["lists"].items()}
            bill = row.figures.get("bill", {})
            return BillFigures(row.id, lists, row.figures.get("left_out", {}), bill.get("records", 0), bill.get("faults", 0))
    return None


def _classes(days: Sequence[DayFigures], newest: DayFigures | None) -> tuple[ClassFigures, ...]:
    """Every class of the span, what costs most in the newest run first."""
    seen: Counter[str] = Counter()
    for day in days:
        seen.update(day.differences)
    now, money = (newest.differences, newest.money_fen) if newest else ({}, {})
    found = [ClassFigures(name, now.get(name, 0), money.get(name, 0), count, tuple(day.differences.get(name, 0) for day in days)) for name, count in seen.items() if count]
    return tuple(sorted(found, key=lambda one: (-one.money_fen, -one.count, -one.seen, one.name)))


def _was_open(until: date) -> tuple[object, ...]:
    """Conditions: it was there when that day ended."""
    c = ReconcileDifference
    ends = datetime.combine(until + timedelta(days=1), datetime.min.time(), SHANGHAI)
    # A difference is closed by the run of the next day, after midnight.
    return (c.first_day <= until, or_(c.closed_at.is_(None), and_(c.closed_at >= ends, c.last_day >= until)))


def _ages(session: Session, until: date) -> tuple[tuple[AgeFigures, ...], int]:
    c = ReconcileDifference
    counts: dict[tuple[int, int | None], list[int]] = {one: [0, 0, 0] for one in AGES}
    query = select(c.first_day, func.count(), func.sum(c.money_fen), func.count().filter(c.owner == "")).where(*_was_open(until)).group_by(c.first_day)  # type: ignore[arg-type]
    for first_day, count, money, unowned in session.execute(query):
        group = counts[age_group(age_of(first_day, until))]
        for at, more in enumerate((count, money or 0, unowned)):
            group[at] += int(more)
    found = tuple(AgeFigures(first, last, *figures) for (first, last), figures in counts.items())
    return found, sum(one.count for one in found)


def _repairs(session: Session, run_ids: Sequence[int]) -> tuple[RepairFigures, ...]:
    r = ReconcileRepair
    states: dict[str, Counter[str]] = {}
    outcomes: dict[str, Counter[str]] = {}
    for start in range(0, len(run_ids), 500):
        query = select(r.action, r.state, r.outcome, func.count()).where(r.run_id.in_(run_ids[start : start + 500])).group_by(r.action, r.state, r.outcome)
        for action, state, outcome, count in session.execute(query):
            states.setdefault(action, Counter())[state] += count
            outcomes.setdefault(action, Counter())[outcome] += count
    found = [RepairFigures(action, sum(some.values()), dict(some), dict(outcomes[action])) for action, some in states.items()]
    return tuple(sorted(found, key=lambda one: (-one.total, one.action)))


def listed_differences(session: Session, until: date, *, masked: bool, limit: int | None = None) -> Iterator[ListedDifference]:
    """What was open when `until` ended, the oldest first, at most `limit`; streamed."""
    c = ReconcileDifference
    rows = session.scalars(select(c).where(*_was_open(until)).order_by(c.first_day, c.id).limit(limit).execution_options(yield_per=CHUNK_ROWS))  # type: ignore[arg-type]
    for row in rows:
        number = MSISDN(row.msisdn).masked if masked else row.msisdn
        states = (row.boss, row.misc, row.platform)
        age = age_of(row.first_day, until)
        yield ListedDifference(number, row.service_id, row.name, row.mark, states, row.money_fen, row.first_day, age, row.action, row.owner, row.tries)
