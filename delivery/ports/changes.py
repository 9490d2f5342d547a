"""Changes of a port's rate that were agreed for an instant (提速): written down beforehand, made on time, called off.

The operator lends a port a higher rate for a morning; nobody should have to be
awake for it. A change that falls due while nothing runs is made as soon as
something does, the older first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Port, PortRateChange
from delivery.ports.services import check_rate, default_burst, find_port, set_port
from huabao import alarms
from huabao.audit import record
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("ports")

IMPOSSIBLE = "port.rate_change"
"""The alarm of a change that could not be made; its key is the change's number."""


def schedule_change(
    session: Session, name: str, at: datetime, rate: float, *, burst: int | None = None, reason: str = "", by: str, now: datetime
) -> PortRateChange:
    """Write down that the port gets this rate at that instant.

    Args:
        burst: None for the default of the rate.

    Raises:
        UsageError: no such port, a time that is past, or a rate that the port cannot have.
    """
    port = find_port(session, name)
    if at <= now:
        raise UsageError(f"--at lies in the past; `huabao port set {name} --rate {rate:g}` changes it now")
    check_rate(port, rate, default_burst(rate) if burst is None else burst)
    change = PortRateChange(port_id=port.id, at=at, rate=rate, burst=burst, reason=reason, created_by=by, created_at=now)
    session.add(change)
    session.flush()
    record(session, actor=by, action="port.schedule", object_kind="port", object_id=name, at=now, change=change.id, due=at.isoformat(), rate=rate, burst=burst, reason=reason)
    return change


def list_changes(session: Session, name: str) -> Sequence[PortRateChange]:
    """All changes of a port, by their instant; those made and called off among them.

    Raises:
        UsageError: no such port.
    """
    port = find_port(session, name)
    return session.scalars(select(PortRateChange).where(PortRateChange.port_id == port.id).order_by(PortRateChange.at, PortRateChange.id)).all()


def ahead(session: Session, ports: Sequence[Port]) -> dict[int, list[PortRateChange]]:
    """The changes that lie ahead, by port, in the order of their instants."""
    wanted = select(PortRateChange).where(PortRateChange.port_id.in_([port.id for port in ports]), *_OPEN).order_by(PortRateChange.at, PortRateChange.id)
    found: dict[int, list[PortRateChange]] = {}
    for change in session.scalars(wanted):
        found.setdefault(change.port_id, []).append(change)
    return found


def cancel_change(session: Session, name: str, change_id: int, *, by: str, now: datetime, reason: str = "") -> PortRateChange:
    """Call a change off.

    Raises:
        UsageError: the port has no such change, or it was made or called off already.
    """
    port = find_port(session, name)
    change = session.get(PortRateChange, change_id, with_for_update=True)
    if change is None or change.port_id != port.id:
        raise UsageError(f"port {name} has no change {change_id}; `huabao port schedule {name} --list` shows them")
    if state_of(change) != "ahead":
        raise UsageError(f"change {change_id} of port {name} is {state_of(change)} already")
    change.cancelled_at = now
    record(session, actor=by, action="port.schedule_cancel", object_kind="port", object_id=name, at=now, change=change_id, reason=reason)
    session.flush()
    return change


def state_of(change: PortRateChange) -> str:
    """ahead, made or called off."""
    if change.cancelled_at is not None:
        return "called off"
    return "ahead" if change.applied_at is None else "made"


def to_document(change: PortRateChange) -> dict[str, Any]:
    """A change as JSON shows it."""
    return {
        "id": change.id,
        "at": change.at.isoformat(),
        "rate": change.rate,
        "burst": change.burst,
        "reason": change.reason,
        "state": state_of(change),
        "created_by": change.created_by,
    }


_OPEN = (PortRateChange.applied_at.is_(None), PortRateChange.cancelled_at.is_(None))


def apply_due(runtime: Runtime) -> int:
    """Make every change whose instant has come; how many. One that cannot be made any more is called off, with an alarm."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        due = session.scalars(select(PortRateChange.id).where(PortRateChange.at <= now, *_OPEN).order_by(PortRateChange.at, PortRateChange.id)).all()
    return sum(_apply(runtime, change_id) for change_id in due)


def _apply(runtime: Runtime, change_id: int) -> bool:
    now = runtime.now()
    try:
        with runtime.transaction() as session:
            change = session.get(PortRateChange, change_id, with_for_update=True)
            if change is None or state_of(change) != "ahead":
                return False
            port = session.get_one(Port, change.port_id)
            before, burst = port.rate, default_burst(change.rate) if change.burst is None else change.burst
            set_port(session, port.name, {"rate": change.rate, "burst": burst}, by=change.created_by, now=now)
            change.applied_at = now
            said = {"change": change.id, "before": before, "after": change.rate, "reason": change.reason}
            record(session, actor=change.created_by, action="port.rate_change", object_kind="port", object_id=port.name, at=now, **said)
            log.info("rate of a port changed as agreed", port=port.name, before=before, after=change.rate)
    except UsageError as error:
        _call_off(runtime, change_id, str(error), now)
        return False
    return True


def _call_off(runtime: Runtime, change_id: int, why: str, now: datetime) -> None:
    with runtime.transaction() as session:
        change = session.get_one(PortRateChange, change_id)
        change.cancelled_at = now
        name = session.get_one(Port, change.port_id).name
        alarms.raise_alarm(session, IMPOSSIBLE, str(change_id), f"port {name} did not get its rate of {change.rate:g} that was agreed for now: {why}", at=now)
