"""Not before: quiet hours of cities, the hour that a reader asked for, the hour that he prefers.

Quiet hours bind marketing only. A reader's own "not before" hour (the column
`not_before_hour` of an import, kept as his attribute) binds every title. The hour
that he prefers (`preferred_hour`) is a wish: activities and magazines wait for it
where it comes in time, else they go without it.

What is computed is one instant for each reader, in SQL, out of the few instants
that there can be; whoever shares it shares batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, case, false, func, literal
from sqlalchemy.orm import Session

from delivery.dispatch.policies import QUIET_HOURS
from delivery.dispatch.quiet import Quiet, wake
from huabao.db import UTCDateTime
from huabao.hours import Hours, at_hour
from subscribers.models import Reader

OWN_HOUR = "not_before_hour"
"""The attribute that holds a reader's own hour, 0 to 23."""

_HOURS = range(24)


def quiet_now(session: Session) -> Quiet:
    """The quiet hours in force."""
    return Quiet.parse(QUIET_HOURS.get(session))


def earliest(start: datetime, deadline: datetime | None, quiet: Hours, own: int | None, preferred: int | None) -> datetime:
    """The instant before which the reader must not, or would rather not, be sent to; `start` where nothing speaks against it.

    Args:
        deadline: a wish that comes later than that is left alone.
        quiet: of his city.
        own: the hour that he asked for.
        preferred: the hour that he likes best.
    """
    bound = wake(quiet, start if own is None else max(start, at_hour(start, own)))
    if preferred is None or at_hour(start, preferred) <= bound:
        return bound
    wish = wake(quiet, at_hour(start, preferred))
    return wish if deadline is None or wish < deadline else bound


@dataclass(frozen=True)
class NotBefore:
    """Two expressions over `Reader`.

    Attributes:
        at: the instant of `earliest`, NULL where it is the start.
        too_late: that is the deadline or after it; true or false, never NULL.
    """

    at: ColumnElement[Any]
    too_late: ColumnElement[bool]


def not_before_sql(start: datetime, deadline: datetime | None, *, quiet: Quiet, preferred: bool) -> NotBefore:
    """`earliest` of each reader in SQL.

    Args:
        quiet: `Quiet()` where quiet hours do not bind.
        preferred: the hour that he prefers is looked at.
    """
    ats = [(readers, _of_group(start, deadline, hours, preferred=preferred)) for readers, hours in quiet.groups()]
    at = ats[0][1] if len(ats) == 1 else case(*ats, else_=_instant(None))
    return NotBefore(at, false() if deadline is None else func.coalesce(at >= _instant(deadline), false(), type_=Boolean()))


def _of_group(start: datetime, deadline: datetime | None, quiet: Hours, *, preferred: bool) -> ColumnElement[Any]:
    def of(own: int | None) -> ColumnElement[Any]:
        plain = earliest(start, deadline, quiet, own, None)
        wishes = [(hour, earliest(start, deadline, quiet, own, hour)) for hour in _HOURS] if preferred else []
        whens = [(Reader.preferred_hour == hour, _instant(at)) for hour, at in wishes if at != plain]
        default = _instant(None) if plain == start else _instant(plain)
        return case(*whens, else_=default) if whens else default

    plain = of(None)
    hour = Reader.attributes.op("->>", return_type=Text())(OWN_HOUR)
    whens = [(hour.in_(_spellings(own)), of(own)) for own in _HOURS if at_hour(start, own) > start]
    return case((hour.is_(None), plain), *whens, else_=plain) if whens else plain  # nearly nobody asked: one look at the attributes, not twenty-four


def _spellings(hour: int) -> Sequence[str]:
    return sorted({str(hour), f"{hour:02}", f"{hour:02}:00"})


def _instant(at: datetime | None) -> ColumnElement[Any]:
    return literal(at, UTCDateTime())
