"""Moving load away from a port that cannot send: its ready batches go to other ports that may carry them.

A port that is paused, whose breaker is open, that is out of hours, told to wait
or may not carry a code any more, and will be so for longer than a setting, keeps
nobody waiting while others could send. What others may: the dispatch names them,
they speak the same protocol, carry the service code, may send now, take a message
of that size; those of the lowest priority number first, shared by rate. Nothing
moves back. A batch in a worker's hands stays there until he lets it go.

The readers' deliveries get the new port with the batch; what was submitted
before keeps its own, in its submission. Where nobody else may carry what waits,
it waits, with an alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from content.models import Variant
from delivery.lifecycle import SEEDING, SENDING, SYSTEM
from delivery.models import Batch, Dispatch, Outcome, Port, deliveries
from delivery.ports import Clearance, PortSettings
from delivery.ports.health import UNREACHABLE
from huabao import alarms
from huabao.audit import record
from huabao.db import in_ids
from huabao.ids import unpack_ids
from huabao.log import get_logger
from huabao.runtime import Runtime
from huabao.settings import Setting

log = get_logger("ports")

MOVE_AFTER_S = Setting("move_after_s", 60.0, "s", "what waits at a port that cannot send for longer than this goes to other ports that may carry it", minimum=0)

SETTINGS: tuple[Setting[float], ...] = (MOVE_AFTER_S,)

STUCK = "port.stuck"
"""The alarm of readers who wait at a port that cannot send and can go nowhere else; its key is the port's name."""

BATCHES_AT_ONCE = 50
"""Batches that one transaction moves."""

ENVELOPE_BYTES = 8_192
"""What a request adds to a message at most, for the comparison with a port's limit."""

_LEAVING = (SENDING, SEEDING)


def resting_for_long(settings: PortSettings, since: datetime | None, now: datetime, after_s: float, service_code: str | None = None) -> Clearance | None:
    """Why the port cannot send, where that has lasted or will last for `after_s` seconds; None where it can, or soon will.

    Args:
        since: when it was paused, or when its breaker opened first; None counts as long ago.
    """
    found = settings.may_send(now, service_code)
    if found.allowed:
        return None
    patience = timedelta(seconds=after_s)
    if found.until is not None:
        return found if found.until - now > patience else None
    return found if since is None or found.cause == "service_code" or now - since >= patience else None


@dataclass(frozen=True)
class _Waiting:
    """Readers who wait at a port and could leave, of one dispatch and code."""

    port_id: int
    dispatch_id: int
    service_code: str | None
    names: tuple[str, ...]
    readers: int


@dataclass
class _Plan:
    """What one look at all ports found; `loads` are readers who wait, by port."""

    ports: Mapping[int, PortSettings]
    loads: dict[int, int]
    moves: list[tuple[_Waiting, Clearance, list[PortSettings]]]
    stuck: dict[int, tuple[Clearance, int]]

    def stay(self, port_id: int, why: Clearance, readers: int) -> None:
        """So many readers wait there and can go nowhere."""
        self.stuck[port_id] = (why, self.stuck.get(port_id, (why, 0))[1] + readers)


def move_waiting(runtime: Runtime) -> int:
    """Move what waits at ports that cannot send for long; how many readers."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        plan = _look(session, now)
        alarmed = set(session.scalars(select(alarms.Alarm.key).where(alarms.Alarm.kind == STUCK, alarms.Alarm.closed_at.is_(None))))
    moved = sum(_move(runtime, plan, waiting, why, targets) for waiting, why, targets in plan.moves)
    _tell(runtime, plan, alarmed, now)
    return moved


def _look(session: Session, now: datetime) -> _Plan:
    after_s = MOVE_AFTER_S.get(session)
    rows = session.scalars(select(Port)).all()
    alarm = select(alarms.Alarm.key, alarms.Alarm.first_seen_at).where(alarms.Alarm.kind == UNREACHABLE, alarms.Alarm.closed_at.is_(None))
    opened = {row.key: row.first_seen_at for row in session.execute(alarm)}
    ports = {row.id: PortSettings.of(row) for row in rows}
    since = {row.id: row.state_at if row.state != "up" else opened.get(row.name) for row in rows}
    found = _Plan(ports, defaultdict(int), [], {})
    for waiting in _waiting(session, now):
        found.loads[waiting.port_id] += waiting.readers
        port = ports[waiting.port_id]
        why = resting_for_long(port, since[port.port_id], now, after_s, waiting.service_code)
        if why is None:
            continue
        targets = [one for one in ports.values() if _may_take_over(port, one, waiting, now)]
        if targets:
            found.moves.append((waiting, why, targets))
        else:
            found.stay(waiting.port_id, why, waiting.readers)
    return found


def _waiting(session: Session, now: datetime) -> list[_Waiting]:
    keys = (Batch.port_id, Batch.dispatch_id, Batch.service_code)
    rows = session.execute(select(*keys, func.sum(Batch.size)).join(Dispatch, Dispatch.id == Batch.dispatch_id).where(*_may_leave(now)).group_by(*keys)).all()
    names = {row.id: tuple(row.ports) for row in session.execute(select(Dispatch.id, Dispatch.ports).where(Dispatch.id.in_({row[1] for row in rows})))}
    return [_Waiting(port_id, dispatch_id, code, names[dispatch_id], int(readers)) for port_id, dispatch_id, code, readers in rows]


def _may_leave(now: datetime) -> tuple[ColumnElement[bool], ...]:
    due = or_(Batch.not_before.is_(None), Batch.not_before <= now)
    return (Batch.state == "ready", Batch.held.is_(None), due, Batch.stage <= Dispatch.stage, Dispatch.state.in_(_LEAVING))


def _may_take_over(port: PortSettings, other: PortSettings, waiting: _Waiting, now: datetime) -> bool:
    same = other.port_id != port.port_id and other.kind == port.kind and other.name in waiting.names
    return same and other.breaker == "closed" and other.may_send(now, waiting.service_code or None).allowed


def _move(runtime: Runtime, plan: _Plan, waiting: _Waiting, why: Clearance, targets: Sequence[PortSettings]) -> int:
    """Move everything that waits at one port of one dispatch, a few batches a transaction."""
    moved: dict[int, int] = defaultdict(int)
    seen = 0
    while True:
        with runtime.transaction() as session:
            batches = _take(session, waiting, seen, runtime.now())
            sizes = {row.id: row.size_bytes for row in session.execute(select(Variant.id, Variant.size_bytes).where(Variant.id.in_({one.variant_id for one in batches})))}
            for batch in batches:
                target = choose(targets, plan.loads, sizes.get(batch.variant_id, 0))
                if target is None:
                    plan.stay(waiting.port_id, why, batch.size)
                else:
                    _give(session, batch, target.port_id)
                    moved[target.port_id] += batch.size
                    plan.loads[target.port_id] += batch.size
            if len(batches) < BATCHES_AT_ONCE:
                _write_down(session, plan, waiting, why, moved, runtime.now())
                return sum(moved.values())
            seen = batches[-1].id


def _take(session: Session, waiting: _Waiting, after_id: int, now: datetime) -> Sequence[Batch]:
    mine = (Batch.port_id == waiting.port_id, Batch.dispatch_id == waiting.dispatch_id, Batch.service_code.is_not_distinct_from(waiting.service_code), Batch.id > after_id)
    wanted = select(Batch).join(Dispatch, Dispatch.id == Batch.dispatch_id).where(*mine, *_may_leave(now)).order_by(Batch.id).limit(BATCHES_AT_ONCE)
    return session.scalars(wanted.with_for_update(skip_locked=True, of=Batch)).all()


def choose(targets: Sequence[PortSettings], loads: Mapping[int, int], size_bytes: int) -> PortSettings | None:
    """Of those that take a message of that size the one of the first priority that would be through first."""
    able = [one for one in targets if size_bytes + ENVELOPE_BYTES <= int(one.options.get("max_message_bytes") or size_bytes + ENVELOPE_BYTES)]
    return min(able, key=lambda one: (one.priority, loads.get(one.port_id, 0) / one.rate, one.port_id), default=None)


def _give(session: Session, batch: Batch, port_id: int) -> None:
    """The batch and its pending deliveries belong to the other port; whoever held the batch is shut out."""
    batch.port_id = port_id
    batch.fence += 1
    session.connection().execute(
        update(deliveries)
        .where(
            deliveries.c.day == batch.day,
            deliveries.c.dispatch_id == batch.dispatch_id,
            in_ids(session, deliveries.c.reader_id, unpack_ids(batch.reader_ids)),
            deliveries.c.outcome == int(Outcome.PENDING),
        )
        .values(port_id=port_id)
    )


def _write_down(session: Session, plan: _Plan, waiting: _Waiting, why: Clearance, moved: Mapping[int, int], now: datetime) -> None:
    source = plan.ports[waiting.port_id].name
    for port_id, readers in moved.items():
        said = {"source": source, "target": plan.ports[port_id].name, "readers": readers}
        record(session, actor=SYSTEM, action="dispatch.move", object_kind="dispatch", object_id=waiting.dispatch_id, at=now, reason=why.reason, **said)
        log.warning("load moved to another port", dispatch=waiting.dispatch_id, reason=why.reason, **said)


def _tell(runtime: Runtime, plan: _Plan, alarmed: set[str], now: datetime) -> None:
    """Alarms for those who can go nowhere, closed for those who can again."""
    stuck = {plan.ports[port_id].name: found for port_id, found in plan.stuck.items()}
    if not stuck and not alarmed:
        return
    with runtime.transaction() as session:
        for name, (why, readers) in stuck.items():
            said = f"{why.reason}; {readers:,} readers wait and no other port of their dispatch may carry them"
            alarms.raise_alarm(session, STUCK, name, said, at=now, readers=readers)
        for name in alarmed - stuck.keys():
            alarms.close_alarm(session, STUCK, name, at=now)
