"""By what each reader is reached: MMS, a pushed link, or a text; and why.

A handset that takes no MMS gets a link to the edition's WAP pages, one that opens
no pushed link a text with that link in it. An activity reaches a reader who was
silent for long by text, which costs less. Both need an SMPP port; without one such
a handset is excluded, and the silent get their MMS. A paid paper asks nothing of
silence: its readers never answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Boolean, ColumnElement, Integer, and_, case, false, func, literal, not_, select
from sqlalchemy.orm import Session

from content.variants import SMS, WAP_PUSH
from delivery.dispatch.audience import Audience, handset_class_sql, takes_no_mms_sql
from delivery.dispatch.policies import ROUTE_TEXT_AFTER_DAYS
from delivery.models import Port, Route
from huabao.clock import business_day
from huabao.errors import UsageError
from subscribers.handset_classes import TEXT_ONLY
from subscribers.models import Reader, ReaderServiceMonth

LINKS = (Route.LINK_HANDSET, Route.LINK_BLOCKED)
TEXTS = (Route.TEXT_HANDSET, Route.TEXT_SILENT, Route.TEXT_BLOCKED)


@dataclass(frozen=True)
class Routing:
    """What a dispatch's ports can carry.

    Attributes:
        short: there is a port for links and texts.
        start, silent_days: an activity's reader without a sign of life in so many days before the start gets a text.
    """

    short: bool
    start: datetime
    silent_days: int

    @classmethod
    def of(cls, session: Session, ports: Sequence[Port], start: datetime) -> Routing:
        """What these ports can carry.

        Raises:
            UsageError: there are ports, and none for MMS.
        """
        if ports and all(carries_short(port) for port in ports):
            raise UsageError(f"{', '.join(port.name for port in ports)} carries no MMS; name an mm7 port with --ports too")
        return cls(any(carries_short(port) for port in ports), start, ROUTE_TEXT_AFTER_DAYS.get(session))


def carries_short(port: Port) -> bool:
    """Whether a port carries links and texts, and no MMS."""
    return port.kind == "smpp"


def route_sql(audience: Audience, routing: Routing) -> ColumnElement[int]:
    """The `Route` of each reader of `readers_of`."""
    if not routing.short:
        return literal(int(Route.MMS), Integer)
    whens = [(handset_class_sql(audience) == TEXT_ONLY, int(Route.TEXT_HANDSET)), (takes_no_mms_sql(audience), int(Route.LINK_HANDSET))]
    if audience.is_marketing:
        whens.append((silent_sql(routing.start - timedelta(days=routing.silent_days), routing.start), int(Route.TEXT_SILENT)))
    return case(*((when, literal(route, Integer)) for when, route in whens), else_=literal(int(Route.MMS), Integer))


def unreachable_sql(audience: Audience, routing: Routing) -> ColumnElement[bool]:
    """No port of the dispatch carries what the reader's handset takes."""
    return false() if routing.short else takes_no_mms_sql(audience)


def served_as_sql(audience: Audience, routing: Routing) -> ColumnElement[str]:
    """The handset class that a reader's variant is made for; of a link or a text, the name of its channel."""
    if not routing.short:
        return handset_class_sql(audience)
    route = route_sql(audience, routing)
    whens = [(route == int(one), literal(WAP_PUSH)) for one in LINKS] + [(route == int(one), literal(SMS)) for one in TEXTS]
    return case(*whens, else_=handset_class_sql(audience))


def silent_sql(before: datetime, until: datetime) -> ColumnElement[bool]:
    """The reader gave no sign of life between the two: asked for nothing, fetched nothing, and is known for longer; true or false, never NULL."""
    fetched = select(literal(1)).where(
        ReaderServiceMonth.month.in_(_months(before, until)), ReaderServiceMonth.reader_id == Reader.id, ReaderServiceMonth.last_success_at >= before
    )
    active = func.coalesce(Reader.last_active_at >= before, false(), type_=Boolean())
    return and_(Reader.created_at < before, not_(active), not_(fetched.correlate(Reader).exists()))


def _months(since: datetime, until: datetime) -> list[date]:
    """The first day of each month that the span touches."""
    found = [business_day(since).replace(day=1)]
    while (following := (found[-1] + timedelta(days=31)).replace(day=1)) <= business_day(until):
        found.append(following)
    return found
