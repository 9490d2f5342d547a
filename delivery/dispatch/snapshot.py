"""Taking the audience down: who is planned, who is excluded and why, in sets.

One statement decides every reader into a temporary table; all else reads from
there, so that a reader whose row changes meanwhile is neither twice in the count
nor missing. No reader is looped over in Python but for packing the ids of a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from sqlalchemy import BigInteger, Column, ColumnElement, FromClause, Integer, MetaData, Select, SmallInteger, String, Table, and_, case, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from content.models import Variant
from delivery import partitions
from delivery.dispatch.audience import EARLIER_FIRST, Audience, readers_of, reason_sql
from delivery.dispatch.routing import Routing, carries_short, route_sql, served_as_sql, unreachable_sql
from delivery.dispatch.wishes import not_before_sql
from delivery.lanes import SEED
from delivery.models import Batch, Dispatch, Exclusion, Outcome, Port, Route, deliveries
from huabao.columns import Integers, integers
from huabao.db import UTCDateTime, give_room, in_ids
from huabao.ids import pack_ids
from subscribers.models import Reader

PORT_BUCKETS = 997
"""Readers fall into so many buckets, and the ports share the buckets by rate; a prime, so that no pattern of ids favours one."""

PORT_STEP = 616
"""Buckets between neighbouring readers: the golden section of all, so that few readers are shared evenly too."""

STEP_SHIFT = 7919
"""By how many readers (times the dispatch's number) the first step of a ramp is moved, so that it is not always the same people's."""

LAST_STAGE = 3
"""Everybody who is in no earlier stage."""

DIGEST_PAGE = 20_000
"""Ids that are written out at a time for the digest."""

_INSERT_AT_ONCE = 100

_temporary = MetaData()

staged = Table(
    "snapshot_readers",
    _temporary,
    Column("reader_id", BigInteger, nullable=False),
    Column("reason", String(30)),
    Column("mask", String, nullable=False),
    Column("handset_class", String(20)),
    Column("route", SmallInteger, nullable=False, server_default="0"),
    Column("not_before", UTCDateTime),
    prefixes=["TEMPORARY"],
)
variant_map = Table(
    "snapshot_variants",
    _temporary,
    Column("mask", String, nullable=False),
    Column("handset_class", String(20), nullable=False),
    Column("variant_id", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)

Signature = tuple[str, str]
"""(mask, handset class): readers who share it get the same variant."""


class Course(Protocol):
    """What a serial asks of a reader before he gets one of its chapters, see `delivery.serials`."""

    def beside(self, readers: FromClause) -> FromClause:
        """Readers with what is known of their chapters."""
        ...

    @property
    def waits(self) -> ColumnElement[bool]:
        """Whether he does not get it now."""
        ...

    @property
    def flag(self) -> ColumnElement[str]:
        """What is added to his mask."""
        ...


@dataclass(frozen=True)
class Terms:
    """What a dispatch's ports and hours mean for its readers.

    Attributes:
        opens: when it begins to send: its start, or the opening of its window.
        deadline: when the last reader must have been sent to, or None.
        routing: what its ports carry.
        course: of a serial's chapter, or None.
    """

    opens: datetime
    deadline: datetime | None
    routing: Routing
    course: Course | None = None


@dataclass(frozen=True)
class Count:
    """What a look at the audience found.

    Attributes:
        excluded: readers by reason.
        signatures: planned readers by (mask, handset class).
    """

    excluded: Mapping[str, int]
    signatures: Mapping[Signature, int]

    @property
    def planned(self) -> int:
        """Readers who are to get the edition."""
        return sum(self.signatures.values())

    @property
    def audience(self) -> int:
        """All readers looked at."""
        return self.planned + sum(self.excluded.values())


def count(session: Session, audience: Audience, mask: ColumnElement[str], terms: Terms) -> Count:
    """Count the audience without writing anything."""
    return count_rows(session, decided_rows(audience, mask, terms))


def count_rows(session: Session, decided: Select[Any]) -> Count:
    """Count what `stage_rows` would stage."""
    give_room(session)
    rows = decided.subquery()
    keys = (rows.c.reason, rows.c.mask, rows.c.handset_class)
    return _as_count(session.execute(select(*keys, func.count()).group_by(*keys)))


def stage(session: Session, audience: Audience, mask: ColumnElement[str], terms: Terms) -> Count:
    """Decide every reader into the temporary table; what came out."""
    return stage_rows(session, decided_rows(audience, mask, terms))


def stage_rows(session: Session, decided: Select[Any]) -> Count:
    """The same from any statement that gives reader_id, mask, handset_class and reason, and may give route and not_before."""
    give_room(session)
    connection = session.connection()
    for table in (staged, variant_map):
        table.drop(connection, checkfirst=True)
        table.create(connection)
    session.execute(insert(staged).from_select([column.name for column in decided.selected_columns], decided))
    keys = (staged.c.reason, staged.c.mask, staged.c.handset_class)
    return _as_count(session.execute(select(*keys, func.count()).group_by(*keys)))


def write_rows(session: Session, dispatch: Dispatch, variants: Mapping[Signature, int], ports: Sequence[Port], weights: Mapping[int, float] | None = None) -> None:
    """Turn the staged readers into exclusions and deliveries, and seal who is planned.

    Args:
        weights: how the ports share the readers, by port; None for by rate.
    """
    partitions.ensure_day(session, dispatch.day)
    session.execute(
        insert(Exclusion).from_select(
            ["dispatch_id", "reader_id", "reason"],
            select(literal(dispatch.id, BigInteger), staged.c.reader_id, staged.c.reason).where(staged.c.reason.is_not(None)),
        )
    )
    if variants:
        _write_deliveries(session, dispatch, variants, _carrier_sql(ports, weights or {}))
    written, dispatch.planned_digest = digest(session, dispatch)
    assert written == dispatch.planned, "the snapshot lost or doubled a reader"


def _write_deliveries(session: Session, dispatch: Dispatch, variants: Mapping[Signature, int], carrier: ColumnElement[int]) -> None:
    session.execute(insert(variant_map), [{"mask": mask, "handset_class": name, "variant_id": variant} for (mask, name), variant in variants.items()])
    same = and_(variant_map.c.mask == staged.c.mask, variant_map.c.handset_class == staged.c.handset_class)
    session.execute(
        insert(deliveries).from_select(
            ["day", "dispatch_id", "reader_id", "variant_id", "port_id", "outcome", "late", "route"],
            select(
                literal(dispatch.day, deliveries.c.day.type),
                literal(dispatch.id, BigInteger),
                staged.c.reader_id,
                variant_map.c.variant_id,
                carrier,
                literal(int(Outcome.PENDING), Integer),
                literal(0, Integer),
                staged.c.route,
            )
            .join(variant_map, same)
            .where(staged.c.reason.is_(None))
            .order_by(staged.c.reader_id),
        )
    )


@dataclass(frozen=True)
class Steps:
    """In which order the readers of a dispatch are let out, see `Batch.stage`.

    Attributes:
        seeds: reader ids of stage 0.
        first, second: shares of each variant and port that are out after stage 1 and stage 2; 0 for no such stage.
    """

    seeds: Sequence[int] = ()
    first: float = 0.0
    second: float = 0.0

    @property
    def ramps(self) -> bool:
        """Whether there is anything between the seeds and everybody."""
        return self.first > 0 or self.second > 0


AT_ONCE = Steps()


def cut_batches(session: Session, dispatch: Dispatch, service_code: str | None, *, readers_max: int, steps: Steps = AT_ONCE) -> int:
    """Cut the planned readers into batches of one variant, one port and one stage; how many.

    The first batches of all variants and ports come first, so that no port waits for another's turn.
    """
    rows: list[dict[str, Any]] = []
    position = 0
    classes = _classes(session, dispatch)
    for variant_id, port_id, stage_, not_before, packed, size in _chunks(session, dispatch, readers_max, steps):
        rows.append(
            {
                "dispatch_id": dispatch.id,
                "day": dispatch.day,
                "variant_id": variant_id,
                "port_id": port_id,
                "service_code": service_code,
                "position": position,
                "size": size,
                "reader_ids": packed,
                "state": "ready",
                "fence": 0,
                "deferrals": 0,
                "stage": stage_,
                "not_before": not_before,
                "lane": SEED if stage_ == 0 else dispatch.lane,
                "handset_class": classes[variant_id],
            }
        )
        position += 1
        if len(rows) == _INSERT_AT_ONCE:
            session.execute(insert(Batch), rows)
            rows = []
    if rows:
        session.execute(insert(Batch), rows)
    return position


def _classes(session: Session, dispatch: Dispatch) -> dict[int, str]:
    """The handset class of each variant of the dispatch's version."""
    rows = session.execute(select(Variant.id, Variant.handset_class).where(Variant.edition_version_id == dispatch.edition_version_id))
    return {row.id: row.handset_class for row in rows}


def drop_stage(session: Session) -> None:
    """Let the temporary tables go."""
    for table in (staged, variant_map):
        table.drop(session.connection(), checkfirst=True)


def digest(session: Session, dispatch: Dispatch) -> tuple[int, str]:
    """How many planned readers there are, and `digest_of` their ids."""
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    ids = np.sort(integers(session, select(deliveries.c.reader_id).where(*mine)), axis=None)
    return ids.size, digest_of(ids)


def digest_of(ids: Integers) -> str:
    """The SHA-256 over ids in their order, each as decimal digits and a newline."""
    found = hashlib.sha256()
    for at in range(0, ids.size, DIGEST_PAGE):
        found.update(("\n".join(map(str, ids[at : at + DIGEST_PAGE].tolist())) + "\n").encode())
    return found.hexdigest()


def decided_rows(audience: Audience, mask: ColumnElement[str], terms: Terms) -> Select[Any]:
    """Every reader of the audience with what is decided about him, as `stage_rows` takes it."""
    waits = not_before_sql(terms.opens, terms.deadline, quiet=audience.quiet, preferred=audience.prefers)
    reason = reason_sql(audience, terms.opens, too_late=waits.too_late, unreachable=unreachable_sql(audience, terms.routing))
    beside = None
    if terms.course is not None:
        mask, beside = mask.concat(terms.course.flag), terms.course.beside
        reason = func.coalesce(cast(reason, String), case((terms.course.waits, literal(EARLIER_FIRST))))
    return readers_of(
        audience,
        [
            Reader.id.label("reader_id"),
            mask.label("mask"),
            served_as_sql(audience, terms.routing).label("handset_class"),
            cast(reason, String).label("reason"),
            route_sql(audience, terms.routing).label("route"),
            waits.at.label("not_before"),
        ],
        beside,
    )


def _as_count(rows: Any) -> Count:
    excluded: dict[str, int] = {}
    signatures: dict[Signature, int] = {}
    for reason, mask, handset_class, number in rows:
        if reason is None:
            signatures[mask, handset_class] = number
        else:
            excluded[reason] = excluded.get(reason, 0) + number
    return Count(excluded, signatures)


def _carrier_sql(ports: Sequence[Port], weights: Mapping[int, float]) -> ColumnElement[int]:
    """The port of a reader: of those for MMS, or of those for links and texts, as his route asks."""
    short = [port for port in ports if carries_short(port)]
    if not short:
        return _port_sql(ports, weights)
    return case((staged.c.route == int(Route.MMS), _port_sql([port for port in ports if not carries_short(port)], weights)), else_=_port_sql(short, weights))


def _port_sql(ports: Sequence[Port], weights: Mapping[int, float]) -> ColumnElement[int]:
    """The port of a reader: buckets of reader ids, shared by weight; where no port has one, by rate among the first priority."""
    first = min(port.priority for port in ports)
    weighed = [(port, weights[port.id]) for port in ports if weights.get(port.id)] or [(port, port.rate) for port in ports if port.priority == first]
    total = sum(weight for _, weight in weighed)
    bucket = staged.c.reader_id * PORT_STEP % PORT_BUCKETS
    share = 0.0
    whens = []
    for port, weight in weighed[:-1]:
        share += weight
        whens.append((bucket < round(PORT_BUCKETS * share / total), literal(port.id, Integer)))
    last = literal(weighed[-1][0].id, Integer)
    return case(*whens, else_=last) if whens else last


def _chunks(session: Session, dispatch: Dispatch, readers_max: int, steps: Steps) -> Iterator[tuple[int, int, int, datetime | None, bytes, int]]:
    """(variant, port, stage, not before, packed ids, how many) of each batch, streamed."""
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    variant_id, port_id, reader_id = deliveries.c.variant_id, deliveries.c.port_id, deliveries.c.reader_id
    rank = (func.row_number().over(partition_by=[variant_id, port_id], order_by=reader_id) - 1).label("rank")
    sizes = select(variant_id, port_id, func.count().label("readers")).where(*mine).group_by(variant_id, port_id).subquery()
    same = and_(sizes.c.variant_id == variant_id, sizes.c.port_id == port_id)
    columns: list[Any] = [variant_id, port_id, reader_id, rank, sizes.c.readers]
    rows = deliveries.join(sizes, same)
    if _somebody_waits(session):
        rows = rows.join(staged, staged.c.reader_id == reader_id)
        number = func.row_number().over(partition_by=[variant_id, port_id, staged.c.not_before], order_by=reader_id) - 1
        columns += [staged.c.not_before, number.label("number")]
    else:
        columns += [literal(None, UTCDateTime).label("not_before"), rank.label("number")]
    ranked = select(*columns).select_from(rows).where(*mine).subquery()
    chunk = (ranked.c.number // readers_max).label("chunk")
    step = _stage_sql(session, dispatch, steps, ranked.c).label("stage")
    numbered = select(ranked.c.variant_id, ranked.c.port_id, ranked.c.reader_id, chunk, step, ranked.c.not_before).subquery()
    ids = func.aggregate_strings(cast(numbered.c.reader_id, String), ",")
    keys = (numbered.c.stage, numbered.c.chunk, numbered.c.variant_id, numbered.c.port_id, numbered.c.not_before)
    found = session.execute(select(*keys, ids).group_by(*keys).order_by(*keys), execution_options={"yield_per": _INSERT_AT_ONCE})
    for stage_, _, variant, port, not_before, text in found:
        readers = [int(reader) for reader in text.split(",")]
        yield variant, port, stage_, not_before, pack_ids(readers), len(readers)


def last_hour(session: Session) -> datetime | None:
    """The last of the instants before which a staged reader is left alone, or None where there is none."""
    found: datetime | None = session.scalar(select(func.max(staged.c.not_before)).where(staged.c.reason.is_(None)))
    return found


def _somebody_waits(session: Session) -> bool:
    return session.scalar(select(staged.c.reader_id).where(staged.c.reason.is_(None), staged.c.not_before.is_not(None)).limit(1)) is not None


def _stage_sql(session: Session, dispatch: Dispatch, steps: Steps, ranked: Any) -> ColumnElement[int]:
    """The stage of a reader: a run of neighbours from each variant and port, another run with each dispatch."""
    place = (ranked.rank + dispatch.id * STEP_SHIFT) % ranked.readers
    whens: list[Any] = [(in_ids(session, ranked.reader_id, steps.seeds), literal(0, Integer))] if steps.seeds else []
    for number, share in ((1, steps.first), (2, steps.second)):
        if share > 0:
            whens.append((place * 10_000 < ranked.readers * round(share * 10_000), literal(number, Integer)))
    last = literal(LAST_STAGE, Integer)
    return case(*whens, else_=last) if whens else last
