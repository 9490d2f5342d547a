"""Capacity before the day: will the ports carry a publication's audience within its window?

The audience forecast is the readers of now whom nothing excludes at the window's
opening, and what planned campaigns are expected to bring until then. Titles whose
windows overlap share the ports, so each is also looked at together with those.
`watch` asks for every title with a window and every dispatch that lies ahead or
runs, and keeps one alarm for each that would be late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Publication
from content.services import find_publication
from delivery import lifecycle
from delivery.dispatch import gains
from delivery.dispatch.audience import Audience, readers_of, reason_sql
from delivery.dispatch.capacity import CAPACITY_AHEAD_H, LATE_GRACE_S, Forecast, Supply, duration_text, forecast
from delivery.dispatch.carriers import supplies_of, waiting_readers
from delivery.dispatch.planning import NO_PORT
from delivery.dispatch.progress import progress
from delivery.dispatch.routing import carries_short
from delivery.models import Dispatch, Port
from delivery.ports import PortSettings, changes
from huabao import alarms
from huabao.clock import SHANGHAI, business_day, shanghai_text
from huabao.errors import UsageError
from huabao.hours import Hours
from huabao.runtime import Runtime
from subscribers.handset_classes import DEFAULT_HANDSET_CLASS
from subscribers.models import Reader

SHORT = "capacity.short"
"""The alarm of a title or a dispatch that its ports cannot carry in time; its key is the slug, or `dispatch N`."""

LATE = "dispatch.late"
"""The alarm of a dispatch that runs and will not be through in time; its key is its number."""


@dataclass(frozen=True)
class Window:
    """When a title is to be sent."""

    begin: datetime
    end: datetime

    def overlaps(self, other: Window) -> bool:
        """Whether the two share an instant."""
        return self.begin < other.end and other.begin < self.end


@dataclass(frozen=True)
class CapacityPlan:
    """A title's audience in a window, on some ports.

    Attributes:
        present: readers of now who would get it.
        gain: expected besides.
        alone: its forecast, as if nobody else sent.
        others: titles whose windows overlap, with their readers.
        together: the forecast of all of them, from the first opening to the last end; None where there are no others.
    """

    slug: str
    window: Window
    present: int
    gain: int
    alone: Forecast
    others: tuple[tuple[str, int], ...] = ()
    together: Forecast | None = None

    @property
    def fits(self) -> bool:
        """Whether everybody is sent to in time, others included."""
        return bool(self.alone.deadline_met) and (self.together is None or bool(self.together.deadline_met))

    @property
    def verdict(self) -> str:
        """What to say to a person: that it fits, or what is missing."""
        found = self.alone if not self.alone.deadline_met or self.together is None else self.together
        whom = f"{self.slug}: {found.readers:,} readers" + (f" (with {', '.join(slug for slug, _ in self.others)})" if found is self.together else "")
        if not found.loads:
            return f"{whom}, and {NO_PORT}"
        need = found.to_document()["need_rate_whole"]
        takes = duration_text(found.forecast_s) or "more than a month"
        if found.deadline_met:
            return f"{whom} take {takes} at {found.rate_per_s:g} a second; the window is {duration_text((found.deadline or found.begin).timestamp() - found.begin.timestamp())}"
        return f"{whom} take {takes} at {found.rate_per_s:g} a second; {need:,} a second are needed to be through at {shanghai_text(found.deadline)}, {found.short:,} would be late"

    def to_document(self) -> dict[str, Any]:
        """As `capacity plan --json` prints it."""
        return {
            "publication": self.slug,
            "present": self.present,
            "gain": self.gain,
            **self.alone.to_document(),
            "fits": self.fits,
            "others": dict(self.others),
            "together": None if self.together is None else self.together.to_document(),
            "verdict": self.verdict,
        }


def window_on(publication: Publication, day: date | None, now: datetime) -> Window:
    """The title's window on a day (Shanghai), or its next one that has not begun.

    Raises:
        UsageError: it has none.
    """
    hours = Hours.parse(publication.send_window)
    if hours.always:
        raise UsageError(f"{publication.slug} has no window; say --start and --deadline, or `huabao publication set {publication.slug} --window 06:30-08:00`")
    after = now if day is None else datetime.combine(day, time.min, SHANGHAI).astimezone(now.tzinfo)
    if day is None and hours.is_open(now):
        after = hours.closes_at(now) or now
    begin = hours.opens_at(after)
    end = hours.closes_at(begin)
    assert end is not None, "hours that open close too"
    return Window(begin, end)


def look_ahead(
    session: Session,
    slug: str,
    *,
    now: datetime,
    window: Window | None = None,
    day: date | None = None,
    gain: int | None = None,
    readers: int | None = None,
    ports: Sequence[str] = (),
) -> CapacityPlan:
    """The capacity plan of a title.

    Args:
        window: None for its own on `day`, or its next one.
        gain: instead of what campaigns are expected to bring.
        readers: instead of the present ones.
        ports: names; empty for all that are up and may carry its code.

    Raises:
        UsageError: no such publication or port, or no window.
    """
    publication = find_publication(session, slug)
    chosen = window or window_on(publication, day, now)
    present = present_readers(session, publication, chosen.begin) if readers is None else readers
    more = gains.expected(session, publication.id, business_day(chosen.begin), now=now) if gain is None else gain
    carrying = supplies(session, publication.service_code, ports)
    alone = forecast(max(0, present + more), carrying, chosen.begin, chosen.end)
    others = _others(session, publication, chosen, now)
    together = None
    if others:
        begin, end = min(chosen.begin, *(one.begin for _, one, _ in others)), max(chosen.end, *(one.end for _, one, _ in others))
        together = forecast(alone.readers + sum(found for _, _, found in others), carrying, begin, end)
    return CapacityPlan(slug, chosen, present, more, alone, tuple((name, found) for name, _, found in others), together)


def present_readers(session: Session, publication: Publication, at: datetime) -> int:
    """Readers of now who would get an edition of the title at that instant; counted once in a session."""
    known: dict[tuple[int, datetime], int] = session.info.setdefault("present_readers", {})
    if (publication.id, at) not in known:
        audience = Audience(publication.service_id, publication.klass == "activity", None, DEFAULT_HANDSET_CLASS.get(session))
        known[publication.id, at] = session.scalar(readers_of(audience, [func.count(Reader.id)]).where(reason_sql(audience, at).is_(None))) or 0
    return known[publication.id, at]


def supplies(session: Session, service_code: str | None, names: Sequence[str]) -> list[Supply]:
    """What the named ports carry over time; without names, all that are up and may carry the code.

    Raises:
        UsageError: there is no such port.
    """
    rows = session.scalars(select(Port).order_by(Port.id)).all()
    unknown = sorted(set(names) - {row.name for row in rows})
    if unknown:
        raise UsageError(f"there is no port {unknown[0]!r}; there are {', '.join(row.name for row in rows) or 'none yet'}")
    chosen = [row for row in rows if (row.name in names if names else _may_carry(row, service_code))]
    agreed = changes.ahead(session, chosen)
    return [Supply.of(PortSettings.of(row), [(one.at, one.rate) for one in agreed.get(row.id, ())]) for row in chosen]


def _may_carry(row: Port, service_code: str | None) -> bool:
    return row.state == "up" and not carries_short(row) and (service_code is None or PortSettings.of(row).carries(service_code))


def _others(session: Session, publication: Publication, window: Window, now: datetime) -> list[tuple[str, Window, int]]:
    """(slug, window, readers) of the other titles with readers whose windows of that day overlap."""
    found: list[tuple[str, Window, int]] = []
    day = business_day(window.begin)
    for other in session.scalars(select(Publication).where(Publication.send_window != "", Publication.id != publication.id).order_by(Publication.slug)):
        theirs = window_on(other, day, now)
        if theirs.overlaps(window):
            readers = present_readers(session, other, theirs.begin) + gains.expected(session, other.id, day, now=now)
            found += [(other.slug, theirs, readers)] if readers > 0 else []
    return found


def watch(runtime: Runtime) -> int:
    """Hold what lies ahead and what runs against the ports, and keep the alarms; how many are short or late."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        until = now + timedelta(hours=CAPACITY_AHEAD_H.get(session))
        short = {**_short_titles(session, now, until), **_short_dispatches(session, now, until)}
        late = _late(session, now, timedelta(seconds=LATE_GRACE_S.get(session)))
        opened = session.execute(select(alarms.Alarm.kind, alarms.Alarm.key).where(alarms.Alarm.kind.in_((SHORT, LATE)), alarms.Alarm.closed_at.is_(None))).all()
    found = {(SHORT, key): text for key, text in short.items()} | {(LATE, key): text for key, text in late.items()}
    if not found and not opened:
        return 0
    with runtime.transaction() as session:
        for (kind, key), text in found.items():
            alarms.raise_alarm(session, kind, key, text, at=now)
        for row in opened:
            if (row.kind, row.key) not in found:
                alarms.close_alarm(session, row.kind, row.key, at=now)
    return len(found)


def _short_titles(session: Session, now: datetime, until: datetime) -> dict[str, str]:
    found: dict[str, str] = {}
    for publication in session.scalars(select(Publication).where(Publication.send_window != "").order_by(Publication.id)):
        window = window_on(publication, None, now)
        if window.begin <= until:
            plan = look_ahead(session, publication.slug, now=now, window=window)
            if plan.alone.readers and not plan.fits:
                found[publication.slug] = f"window of {shanghai_text(window.begin)}: {plan.verdict}"
    return found


def _short_dispatches(session: Session, now: datetime, until: datetime) -> dict[str, str]:
    ahead = (Dispatch.state.in_((lifecycle.PLANNED, lifecycle.HELD, lifecycle.RELEASED)), Dispatch.start_at > now, Dispatch.start_at <= until)
    found: dict[str, str] = {}
    for dispatch in session.scalars(select(Dispatch).where(*ahead, Dispatch.deadline_at.is_not(None)).order_by(Dispatch.id)):
        name, window = f"dispatch {dispatch.id}", Window(dispatch.start_at, dispatch.deadline_at or dispatch.start_at)
        late = next((one for one in _by_kind(session, dispatch) if not one.deadline_met), None)
        if late is not None:
            found[name] = CapacityPlan(name, window, late.readers, 0, late).verdict
    return found


def _by_kind(session: Session, dispatch: Dispatch) -> list[Forecast]:
    """The forecasts of a dispatch that lies ahead: its MMS, and its links and texts, which go by ports of their own."""
    waiting = waiting_readers(session, dispatch)
    ports = session.scalars(select(Port).where(Port.name.in_(dispatch.ports) | Port.id.in_(waiting)).order_by(Port.id)).all()
    supplies = supplies_of(session, dispatch, ports)
    found = []
    for short in (False, True):
        mine = [port.id for port in ports if carries_short(port) is short]
        readers = sum(waiting[port_id] for port_id in mine)
        if readers:
            found.append(forecast(readers, [supplies[port_id] for port_id in mine], dispatch.start_at, dispatch.deadline_at))
    return found


def _late(session: Session, now: datetime, grace: timedelta) -> dict[str, str]:
    """Dispatches that run and will not be through in time, by the rate that they really have."""
    found: dict[str, str] = {}
    for dispatch in session.scalars(select(Dispatch).where(Dispatch.state == lifecycle.SENDING, Dispatch.deadline_at.is_not(None)).order_by(Dispatch.id)):
        stands = progress(session, dispatch.id, now=now)
        finish = stands.forecast_finish_at
        if dispatch.deadline_at is not None and finish is not None and finish > dispatch.deadline_at + grace:
            left, times = stands.counts.outcomes["pending"], (shanghai_text(finish), shanghai_text(dispatch.deadline_at))
            found[str(dispatch.id)] = f"dispatch {dispatch.id}: {left:,} readers are left; at {stands.rate_per_s:g} a second it is through at {times[0]}, not by {times[1]}"
    return found
