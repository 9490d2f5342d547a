"""Whom a filter finds, as one SQL statement: each reader once, with why he is left out if he is.

A reader is judged by his newest copy of the edition. Only the business days on
which the edition was sent are read, so that PostgreSQL touches those partitions
and no other. Who is planned gets the items of that copy, for his present handset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, case, cast, func, literal, null, or_, select, tuple_
from sqlalchemy.orm import Session

from content.models import EditionVersion, Variant
from delivery import kinds
from delivery.dispatch.audience import RESEND_REASONS, joined_readers, readers_of, reason_sql, recheck_sql
from delivery.dispatch.routing import Routing, route_sql, served_as_sql, unreachable_sql
from delivery.models import DeliveryEvent, Dispatch, Outcome, Port, Submission, deliveries
from delivery.resend.copies import ON_ITS_WAY, days_of
from delivery.resend.filters import ResendFilter
from delivery.resend.targets import Target
from huabao.db import UTCDateTime, bound_ids, in_bound_ids, is_postgres
from huabao.errors import UsageError
from subscribers.models import Reader, Subscription

ON_ITS_WAY_REASON, HAS_IT, RESENT_LATELY = RESEND_REASONS

COPY_MARK = "v"
"""Begins the mask of a reader who gets the items of an earlier copy; the id of its variant follows."""


@dataclass(frozen=True)
class Selection:
    """What a filter is asked against.

    Attributes:
        routing: what its ports carry.
        days: business days on which the edition was sent.
        main: the dispatch that brought it to most readers, 0 where there is none.
        others: all others of the edition, small as a rule, in which a reader may have further copies.
        lately: resends within the guard's time.
        postgres: the database prunes partitions.
    """

    target: Target
    wanted: ResendFilter
    routing: Routing
    port_ids: tuple[int, ...]
    days: tuple[date, ...]
    main: int
    others: tuple[int, ...]
    lately: tuple[int, ...]
    at: datetime
    postgres: bool

    @classmethod
    def of(cls, session: Session, target: Target, wanted: ResendFilter, routing: Routing, *, at: datetime, guard_s: float) -> Selection:
        """Look up what the statement needs.

        Raises:
            UsageError: the filter names a port that does not exist.
        """
        since = at - timedelta(seconds=guard_s)
        found = session.execute(select(Dispatch.id, Dispatch.kind, Dispatch.created_at).where(*_mine(target)).order_by(Dispatch.planned.desc(), Dispatch.id)).all()
        lately = tuple(one.id for one in found if one.kind == kinds.RESEND and one.created_at > since) if guard_s > 0 else ()
        ids = [one.id for one in found] or [0]
        return cls(target, wanted, routing, _port_ids(session, wanted), tuple(days_of(session, target.edition.id)), ids[0], tuple(ids[1:]), lately, at, is_postgres(session))

    def statement(self) -> Select[Any]:
        """Rows of (reader_id, mask, handset_class, route, reason, outcome, port_id, city, stopped)."""
        return self._missing() if self.wanted.missing else self._copies()

    def _copies(self) -> Select[Any]:
        mine = Dispatch.__table__
        audience = self.target.audience
        rows = deliveries.join(mine, and_(mine.c.id == deliveries.c.dispatch_id, mine.c.day == deliveries.c.day))
        same_version = mine.c.edition_version_id == self.target.version.id
        mask = case((same_version, literal(COPY_MARK) + cast(deliveries.c.variant_id, String)), else_=self.target.rules.mask_sql())
        reader_id = deliveries.c.reader_id
        gone = recheck_sql(audience, literal(self.at, UTCDateTime), stale=False)
        pending = case((deliveries.c.outcome == int(Outcome.PENDING), literal(ON_ITS_WAY_REASON)), else_=null())
        reason = func.coalesce(gone, *self._left_out(reader_id), pending, null())
        columns = self._columns(reader_id, mask, reason, cast(deliveries.c.outcome, Integer), cast(deliveries.c.port_id, Integer))
        found = select(*columns).select_from(joined_readers(audience, rows, reader_id)).where(*_mine(self.target), deliveries.c.day.in_(self.days))
        if self.others:
            found = found.where(~self._other(reader_id, "newer", self.others, _newer), or_(_of_main(self), ~self._in_main(reader_id, "newer_main", _newer)))
        return found.where(*self._asked())

    def _missing(self) -> Select[Any]:
        audience = self.target.audience
        cannot = cast(reason_sql(audience, self.at, unreachable=unreachable_sql(audience, self.routing)), String)
        reason = func.coalesce(cannot, *self._left_out(Reader.id), null())
        columns = self._columns(Reader.id, self.target.rules.mask_sql(), reason, literal(-1, Integer), literal(0, Integer))
        found = readers_of(audience, columns).where(or_(cannot.is_(None), cannot != "not_subscribed"))
        if self.days:
            found = found.where(~self._other(Reader.id, "had", (self.main, *self.others), None))
        return found.where(Reader.city.in_(self.wanted.cities)) if self.wanted.cities else found

    def _columns(self, reader_id: Any, mask: Any, reason: Any, outcome: Any, port_id: Any) -> list[Any]:
        stopped = literal(0, Integer) if self.target.audience.activity else case((Subscription.stop_state == "stopped", 1), else_=0)
        labels = {
            "reader_id": reader_id, "mask": mask, "handset_class": served_as_sql(self.target.audience, self.routing),
            "route": route_sql(self.target.audience, self.routing), "reason": reason,
            "outcome": outcome, "port_id": port_id, "city": Reader.city, "stopped": stopped,
        }  # fmt: skip
        return [value.label(name) for name, value in labels.items()]

    def _left_out(self, reader_id: Any) -> list[ColumnElement[Any]]:
        """Reasons beside those of the order."""
        cannot = unreachable_sql(self.target.audience, self.routing)
        found: list[ColumnElement[Any]] = [case((cannot, literal("handset_cannot")), else_=null())]
        if not self.wanted.stopped and not self.target.audience.activity:
            found.append(case((Subscription.stop_state == "stopped", literal("stopped")), else_=null()))
        if self.lately:
            again = self._other(reader_id, "lately", self.lately, lambda other: other.c.outcome.in_([int(one) for one in ON_ITS_WAY]))
            found.append(case((again, literal(RESENT_LATELY)), else_=null()))
        if self.others and self.wanted.outcomes and Outcome.RETRIEVED not in self.wanted.outcomes and not self.wanted.missing:
            has = self._other(reader_id, "retrieved", self.others, _is_retrieved)
            main = and_(~_of_main(self), self._in_main(reader_id, "retrieved_main", _is_retrieved))
            found.append(case((has, literal(HAS_IT)), (main, literal(HAS_IT)), else_=null()))
        return found

    def _other(self, reader_id: Any, name: str, dispatches: Sequence[int], condition: Any) -> ColumnElement[bool]:
        """The reader has a copy in one of the dispatches with which `condition` holds."""
        other = deliveries.alias(name)
        wanted = select(literal(1)).where(other.c.reader_id == reader_id)
        if self.postgres:  # their numbers stand in the statement, so that the planner sees how few rows they have
            wanted = wanted.where(other.c.day.in_(self.days), in_bound_ids(other.c.dispatch_id, literal(bound_ids(dispatches, postgres=True), String), postgres=True))
        else:  # SQLite would look each dispatch up in the key instead of the reader's few copies in his index; + 0 keeps it from that
            wanted = wanted.where(in_bound_ids(other.c.dispatch_id + 0, literal(bound_ids(dispatches, postgres=False), String), postgres=False))
        if condition is not None:
            wanted = wanted.where(condition(other))
        return wanted.correlate_except(other).exists()

    def _in_main(self, reader_id: Any, name: str, condition: Any) -> ColumnElement[bool]:
        """The reader has a copy in the largest dispatch with which `condition` holds.

        Asked of the few who come from others: `between` keeps PostgreSQL from reading all of it for them.
        """
        other = deliveries.alias(name)
        mine = (other.c.day.in_(self.days), other.c.dispatch_id == self.main, other.c.reader_id.between(reader_id, reader_id), condition(other))
        return select(literal(1)).where(*mine).correlate_except(other).exists()

    def _asked(self) -> list[ColumnElement[bool]]:
        """What the filter asks of a copy."""
        one = self.wanted
        found: list[ColumnElement[bool]] = []
        if one.outcomes:
            found.append(deliveries.c.outcome.in_([int(outcome) for outcome in one.outcomes]))
        if one.ports:
            found.append(deliveries.c.port_id.in_(self.port_ids))
        if one.cities:
            found.append(Reader.city.in_(one.cities))
        if one.classes:
            made_for = select(Variant.id).join(EditionVersion, EditionVersion.id == Variant.edition_version_id)
            found.append(deliveries.c.variant_id.in_(made_for.where(EditionVersion.edition_id == self.target.edition.id, Variant.handset_class.in_(one.classes))))
        if one.since is not None:
            found.append(deliveries.c.submitted_at >= one.since)
        if one.until is not None:
            found.append(deliveries.c.submitted_at < one.until)
        if one.codes:
            found.append(self._codes())
        return found

    def _codes(self) -> ColumnElement[bool]:
        """The answer's status code, or a report's MMStatus (whatever its case) or extension, is one of the codes."""
        mine = select(Dispatch.id).where(*_mine(self.target))
        numbers = [int(one) for one in self.wanted.codes if one.isascii() and one.isdigit() and len(one) < 10]
        words = [one.lower() for one in self.wanted.codes]
        answered = select(Submission.id).where(Submission.dispatch_id.in_(mine), Submission.status_code.in_(numbers))
        reported = (
            select(DeliveryEvent.submission_id, DeliveryEvent.reader_id)
            .join(Submission, Submission.id == DeliveryEvent.submission_id)
            .where(Submission.dispatch_id.in_(mine), or_(func.lower(DeliveryEvent.status).in_(words), DeliveryEvent.status_extension.in_(self.wanted.codes)))
        )
        return or_(deliveries.c.submission_id.in_(answered), tuple_(deliveries.c.submission_id, deliveries.c.reader_id).in_(reported))


def _of_main(selection: Selection) -> ColumnElement[bool]:
    return deliveries.c.dispatch_id == selection.main


def _is_retrieved(other: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = other.c.outcome == int(Outcome.RETRIEVED)
    return found


def _newer(other: Any) -> ColumnElement[bool]:
    """The other copy decides about the reader: it was made later; one that was cancelled counts only where there is no other."""
    theirs, ours = other.c.outcome == int(Outcome.CANCELLED), deliveries.c.outcome == int(Outcome.CANCELLED)
    later = other.c.dispatch_id > deliveries.c.dispatch_id
    return or_(and_(~theirs, ours), and_(theirs, ours, later), and_(~theirs, ~ours, later))


def _mine(target: Target) -> tuple[ColumnElement[bool], ...]:
    return Dispatch.edition_id == target.edition.id, Dispatch.kind.in_(kinds.BRINGS_OUT)


def _port_ids(session: Session, wanted: ResendFilter) -> tuple[int, ...]:
    known = {name: port_id for port_id, name in session.execute(select(Port.id, Port.name))}
    unknown = [name for name in wanted.ports if name not in known]
    if unknown:
        raise UsageError(f"there is no port {unknown[0]!r}; there are {', '.join(sorted(known)) or 'none'}")
    return tuple(known[name] for name in wanted.ports)
