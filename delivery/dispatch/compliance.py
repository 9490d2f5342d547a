"""Contracts after the plan: a window that was moved or opened, other hours or a new rate of a port, a contract that changed.

What was kept when a dispatch was planned may be broken by the time it is sent. So each
dispatch that has something left is held against the contracts of its ports again, as
everything stands now: an alarm while a rule would be broken, and the same lines in
`dispatch status`. Nothing is held back for it: a person decides. Whoever started it
with `--despite-contract` knew, so it raises none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.dispatch import windows
from delivery.dispatch.carriers import Carrier, begins, carriers
from delivery.dispatch.contract import Finding, Part, check, sends_besides
from delivery.models import Batch, Dispatch, Port
from delivery.ports import PortSettings
from huabao import alarms
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.runtime import Runtime

BREACH = "contract.breach"
"""The alarm of a dispatch that would break a contract; its key is its number."""

DESPITE = "despite_contract"
"""Key in `Dispatch.gate`: whoever started it knew that a contract would be broken."""


def breaches(session: Session, dispatch: Dispatch, now: datetime) -> list[Finding]:
    """The rules of its ports' contracts that what is left of a dispatch would break, as everything stands now."""
    if dispatch.kind != kinds.EDITION or dispatch.state not in lifecycle.UNSENT:
        return []
    bound = {port.name: port for row in session.scalars(select(Port).order_by(Port.name)) if (port := PortSettings.of(row)).contract or port.service_codes}
    if not bound:
        return []
    publication, begin = windows.publication_of(session, dispatch), begins(session, dispatch, now)
    waits = [one for one in carriers(session, dispatch, now, begin) if one.waiting and one.name in bound]
    if not waits:
        return []
    loads = {row[0]: int(row[1]) for row in session.execute(select(Batch.port_id, func.sum(Batch.size)).where(Batch.dispatch_id == dispatch.id).group_by(Batch.port_id))}
    stayed = business_day(begin) == dispatch.day  # of two on one day the later was too many; one that was moved there comes on top of all
    sends = sends_besides(session, publication.service_code, begin, but=dispatch.id, before=dispatch.id if stayed else None)
    found: list[Finding] = []
    for carrier in waits:
        port = bound[carrier.name]
        part = Part(publication.service_code, loads.get(port.port_id, 0), begin, carrier.finish_at, publication.stale_after_s, dispatch.rate)
        found += [one for one in check(port, part, sends) if not one.kept and not _unknown_yet(one, carrier)]
    return found


def _unknown_yet(finding: Finding, carrier: Carrier) -> bool:
    """A port that rests for a reason of its own has no end in sight: when it sends again, its hours are asked again."""
    return finding.rule == "hours" and carrier.finish_at is None


def watch(runtime: Runtime) -> int:
    """Hold every dispatch that has something left against the contracts, and keep the alarms; how many would break one."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        wanted = select(Dispatch).where(Dispatch.kind == kinds.EDITION, Dispatch.state.in_(lifecycle.UNSENT)).order_by(Dispatch.id)
        found = {str(one.id): broken for one in session.scalars(wanted) if not one.gate.get(DESPITE) and (broken := breaches(session, one, now))}
        over = session.scalars(select(Alarm.key).where(Alarm.kind == BREACH, Alarm.closed_at.is_(None), Alarm.key.not_in(found))).all()
    if not found and not over:
        return 0
    with runtime.transaction() as session:
        for key, broken in found.items():
            alarms.raise_alarm(session, BREACH, key, f"dispatch {key}: " + "; ".join(map(str, broken)), at=now, rules=[one.rule for one in broken])
        for key in over:
            alarms.close_alarm(session, BREACH, key, at=now)
    return len(found)
