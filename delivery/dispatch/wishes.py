"""Not before: quiet hours of cities, the hour that a reader asked for, the hour that he prefers.

Quiet hours bind marketing only. A reader's own "not before" hour (the column
`not_before_hour` of an import, kept as his attribute) binds every title. The hour
that he prefers (`preferred_hour`) is a wish: activities and magazines wait for it
where it comes in time, else they go without it.

What is computed is one instant for each reader, in SQL, out of the few instants
that there can be; whoever shares it shares batches.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from typing import cast as typed

from sqlalchemy import Boolean, ColumnElement, Text, and_, case, false, func, literal, or_, true
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime
from huabao.errors import UsageError
from huabao.hours import ALWAYS, Hours, at_hour
from huabao.settings import Setting
from subscribers.models import Reader

DEFAULT = "default"
"""The key of the cities that the setting does not name."""

OWN_HOUR = "not_before_hour"
"""The attribute that holds a reader's own hour, 0 to 23."""

QUIET_HOURS = Setting(
    "quiet_hours", '{"default": "21:00-08:00"}', "", 'when activities leave a city in peace, Asia/Shanghai: JSON, city to hours, `""` for never; `default` is every other city',
)  # fmt: skip

_HOURS = range(24)


@dataclass(frozen=True)
class Quiet:
    """Quiet hours by city.

    Attributes:
        by_city: cities with hours of their own; hours that never are, are `ALWAYS`.
        otherwise: of every other city.
    """

    by_city: tuple[tuple[str, Hours], ...] = ()
    otherwise: Hours = ALWAYS

    @classmethod
    def parse(cls, text: str) -> Quiet:
        """What the setting says.

        Raises:
            UsageError: no JSON object of hours; the message says what is expected.
        """
        try:
            document = json.loads(text or "{}")
            found = {str(city): Hours.parse(str(hours)) for city, hours in document.items()}
        except (ValueError, AttributeError) as error:
            raise UsageError(f'{QUIET_HOURS.name} is a JSON object, e.g. {{"default": "21:00-08:00", "杭州": "22:00-07:00"}}') from error
        if any(hours.always and document[city] != "" for city, hours in found.items()):
            raise UsageError(f'{QUIET_HOURS.name}: no city can be quiet the whole day; write "" for one that never is')
        otherwise = found.pop(DEFAULT, ALWAYS)
        return cls(tuple(sorted(found.items())), otherwise)

    @classmethod
    def of(cls, session: Session) -> Quiet:
        """What is in force."""
        return cls.parse(QUIET_HOURS.get(session))

    def groups(self) -> list[tuple[ColumnElement[bool], Hours]]:
        """The readers of each group of cities as a condition, with its hours; the last is everybody else."""
        hours = dict.fromkeys(one for _, one in self.by_city)
        named = [(Reader.city.in_([city for city, one in self.by_city if one == each]), each) for each in hours]
        return [*named, (true(), self.otherwise)]

    def asleep(self, at: datetime) -> Asleep:
        """Which cities are quiet at that instant, and when the first of them wakes."""
        sleeping = [(city, hours) for city, hours in self.by_city if _is_quiet(hours, at)]
        awake = tuple(city for city, hours in self.by_city if not _is_quiet(hours, at))
        wakes = [wake(hours, at) for hours in (*(hours for _, hours in sleeping), self.otherwise) if _is_quiet(hours, at)]
        return Asleep(tuple(city for city, _ in sleeping), awake, _is_quiet(self.otherwise, at), min(wakes, default=None))


@dataclass(frozen=True)
class Asleep:
    """Cities that are quiet at an instant.

    Attributes:
        cities: those named.
        awake: those named and not quiet.
        others: every city that is not named is quiet.
        wakes_at: when the first of them wakes, None where none sleeps.
    """

    cities: tuple[str, ...] = ()
    awake: tuple[str, ...] = ()
    others: bool = False
    wakes_at: datetime | None = None

    def sql(self) -> ColumnElement[bool]:
        """The reader's city is quiet; true or false, never NULL."""
        named = and_(Reader.city.is_not(None), Reader.city.in_(self.cities)) if self.cities else false()
        if not self.others:
            return named
        return or_(Reader.city.is_(None), Reader.city.not_in((*self.awake,))) if self.awake else true()


NEVER_QUIET = Quiet()
AWAKE = Asleep()


def _is_quiet(hours: Hours, at: datetime) -> bool:
    return not hours.always and hours.is_open(at)


def wake(hours: Hours, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that it lies in."""
    return typed(datetime, hours.closes_at(at)) if _is_quiet(hours, at) else at


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
    return case(*whens, else_=plain) if whens else plain


def _spellings(hour: int) -> Sequence[str]:
    return sorted({str(hour), f"{hour:02}", f"{hour:02}:00"})


def _instant(at: datetime | None) -> ColumnElement[Any]:
    return literal(at, UTCDateTime())
