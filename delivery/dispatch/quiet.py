"""Quiet hours: when marketing leaves a city in peace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import cast as typed

from sqlalchemy import ColumnElement, and_, false, or_, true

from huabao.errors import UsageError
from huabao.hours import ALWAYS, Hours
from subscribers.models import Reader

DEFAULT = "default"
"""The key of the cities that the setting does not name."""


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
            raise UsageError('quiet hours are a JSON object, e.g. {"default": "21:00-08:00", "杭州": "22:00-07:00"}') from error
        if any(hours.always and document[city] != "" for city, hours in found.items()):
            raise UsageError('quiet hours: no city can be quiet the whole day; write "" for one that never is')
        otherwise = found.pop(DEFAULT, ALWAYS)
        return cls(tuple(sorted(found.items())), otherwise)

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

    @property
    def named(self) -> Asleep:
        """The same without the instant, which makes no difference to `sql`."""
        return Asleep(self.cities, self.awake, self.others)

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
