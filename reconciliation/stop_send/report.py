"""A month of recovery: who was stopped, tried and brought back, with the denominator of every rate.

A stop counts as attempted in the month in which an attempt began, and as recovered
where one of those attempts ended so, even if the paper came days after the month: so
no rate is above one. An attempt in which nothing was sent is none. Who was stopped and
resumed by his account's bar stands beside it and in no rate. The reference months of the
source: 60 % at best, 30 % as a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import quantiles
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from reconciliation.stop_send.following import ACCOUNT
from reconciliation.stop_send.lifecycle import RECOVERED
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers.models import Reader

USUAL, BEST = 0.30, 0.60
"""Of the reference months."""


@dataclass(frozen=True)
class Share:
    """So many recovered of so many attempted."""

    attempted: int
    recovered: int

    @property
    def rate(self) -> float | None:
        """None where nothing was attempted."""
        return self.recovered / self.attempted if self.attempted else None

    def to_document(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {"attempted": self.attempted, "recovered": self.recovered, "rate": self.rate}


@dataclass(frozen=True)
class Month:
    """One month.

    Attributes:
        stopped: subscriptions stopped in it, by cause; barred accounts beside it.
        hours: from the stop to the paper that was fetched, of each that recovered.
    """

    month: date
    stopped: dict[str, int]
    barred: int
    whole: Share
    by_cause: dict[str, Share]
    by_method: dict[str, Share]
    hours: Sequence[float]

    def quartiles(self) -> tuple[float, float, float] | None:
        """First quartile, median and third quartile of `hours`; None where nobody recovered."""
        if not self.hours:
            return None
        if len(self.hours) == 1:
            return (self.hours[0],) * 3
        first, median, third = quantiles(self.hours, n=4, method="inclusive")
        return first, median, third


def month_of(text: str) -> date:
    """The first day of `YYYY-MM`.

    Raises:
        UsageError: it is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError as error:
        raise UsageError(f"{text!r} is no month; write it as 2026-11") from error


def span(month: date) -> tuple[datetime, datetime]:
    """The month's first instant and that of the next, Asia/Shanghai."""
    following = (month + timedelta(days=31)).replace(day=1)
    first, last = (datetime.combine(day, time.min, SHANGHAI).astimezone(UTC) for day in (month.replace(day=1), following))
    return first, last


def monthly(session: Session, month: date, *, city: str = "") -> Month:
    """What became of the stopped in a month, of the whole network or of one city."""
    since, until = span(month)
    begun = select(DeliveryStop.cause, DeliveryStop.by, func.count()).where(DeliveryStop.stopped_at >= since, DeliveryStop.stopped_at < until)
    if city:
        begun = begun.join(Reader, Reader.id == DeliveryStop.reader_id).where(Reader.city == city)
    stopped: dict[str, int] = {}
    barred = 0
    for cause, by, number in session.execute(begun.group_by(DeliveryStop.cause, DeliveryStop.by)):
        if by == ACCOUNT:
            barred += number
        else:
            stopped[cause] = stopped.get(cause, 0) + number
    one = RecoveryAttempt
    columns = (one.stop_id, one.cause, one.method, one.state, one.stopped_at, one.ended_at)
    tried = select(*columns).where(one.begun_at >= since, one.begun_at < until, one.method != "")
    if city:
        tried = tried.join(Reader, Reader.id == one.reader_id).where(Reader.city == city)
    rows = session.execute(tried.order_by(one.id)).all()
    causes, back, hours, methods = _collect(rows)
    by_cause = {cause: Share(len(ids), len(ids & back)) for cause, ids in sorted(causes.items())}
    by_method = {method: Share(tried, good) for method, (tried, good) in sorted(methods.items())}
    everybody = set[int]().union(*causes.values())
    return Month(month.replace(day=1), dict(sorted(stopped.items())), barred, Share(len(everybody), len(back)), by_cause, by_method, hours)


def _collect(rows: Sequence[Any]) -> tuple[dict[str, set[int]], set[int], list[float], dict[str, tuple[int, int]]]:
    causes: dict[str, set[int]] = {}
    methods: dict[str, tuple[int, int]] = {}
    back: set[int] = set()
    hours: list[float] = []
    for stop_id, cause, method, state, stopped_at, ended_at in rows:
        causes.setdefault(cause, set()).add(stop_id)
        tried, good = methods.get(method, (0, 0))
        methods[method] = (tried + 1, good + (state == RECOVERED))
        if state == RECOVERED:
            back.add(stop_id)
            hours.append((ended_at - stopped_at) / timedelta(hours=1))
    return causes, back, sorted(hours), methods


def multiple(now: int, base: int) -> tuple[float, float] | None:
    """A month's recovered as a multiple of a base month's, both ways: 12.0 times it is +11.0; None where the base has none."""
    return (now / base, now / base - 1) if base else None


def document(found: Month, base: Month | None) -> dict[str, Any]:
    """The report as JSON shows it."""
    quartiles_ = found.quartiles()
    times = multiple(found.whole.recovered, base.whole.recovered) if base is not None else None
    return {
        "month": f"{found.month:%Y-%m}",
        "stopped": sum(found.stopped.values()),
        "attempted": found.whole.attempted,
        "recovered": found.whole.recovered,
        "rate": found.whole.rate,
        "by_cause": {
            cause: {"stopped": found.stopped.get(cause, 0), **found.by_cause.get(cause, Share(0, 0)).to_document()} for cause in sorted({*found.stopped, *found.by_cause})
        },
        "by_method": {method: share.to_document() for method, share in found.by_method.items()},
        "barred_accounts": found.barred,
        "hours_to_recovery": None if quartiles_ is None else dict(zip(("first_quartile", "median", "third_quartile"), quartiles_, strict=True)),
        "reference": {"usual": USUAL, "best": BEST},
        "base": None if base is None else {"month": f"{base.month:%Y-%m}", "recovered": base.whole.recovered, "times": times and times[0], "up_by": times and times[1]},
    }
