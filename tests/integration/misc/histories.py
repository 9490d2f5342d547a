"""Histories of every kind, told to one database as they happen, and what two databases must have in common after a replay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from console.forgetting import forgetters
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import MISCDialects
from reconciliation.intake import boss, imported, misc, own
from reconciliation.intake.misc import Arrival
from reconciliation.intake.replay import Replayed, replay
from reconciliation.journal import read_all
from reconciliation.journal.models import ExchangeMessage, MessageKey
from reconciliation.ordering.leaving import leave
from subscribers.imports.records import Record
from subscribers.imports.subscription_store import ToldOrder
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import Change
from subscribers.orders.models import AppliedTransaction, AwaitedChange, ReaderNumber
from subscribers.services import forget
from tests.integration.misc.ground import message

T0 = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
NUMBERS = ("13800138001", "13800138002", "13800138003")
SERVICES = ("TJSJB", "EVENING")
TABLES = (SubscriptionEvent, AwaitedChange, AppliedTransaction, ReaderNumber, Subscription, Reader, ExchangeMessage, MessageKey)


@dataclass(frozen=True)
class Step:
    """Something that happens.

    Attributes:
        who: misc, boss, leave, repair, join, file, confirm, due or forget.
        what: MISC's (action, reason), an event's name, or the state that a row of a file says.
        number: index of the reader's; `other` of the payer's, or of the new one.
        shift_h: how long before now, or after, it holds, where its teller says so.
        again: told a second time.
    """

    who: str
    what: Any = ""
    number: int = 0
    service: int = 0
    other: int = 0
    shift_h: int = 0
    again: bool = False


def tell(runtime: Runtime, dialects: MISCDialects, steps: Sequence[Step]) -> None:
    """Let a history happen, two hours to a step."""
    for hour, step in enumerate(steps):
        now = T0 + timedelta(hours=2 * hour)
        for _ in range(1 + step.again):
            with runtime.transaction() as session:
                _tell(session, dialects, step, f"t{hour}", now)


def _tell(session: Any, dialects: MISCDialects, step: Step, key: str, now: datetime) -> None:
    number, service, other = NUMBERS[step.number], SERVICES[step.service], NUMBERS[step.other]
    at = now + timedelta(hours=step.shift_h)
    if step.who == "misc":
        action, reason = step.what
        body = message(key, action, number, reason=reason, service=service, payer=other)
        misc.take(session, [Arrival("misc", dialects.get("misc-1.5.0"), body, decode_envelope(body), key)], now=now)
    elif step.who == "boss":
        said = {"event_id": key, "event": step.what, "msisdn": number, "service_id": service, "effective_at": at.isoformat(), "price_fen": 100 + step.other}
        said |= {"new_msisdn": other} if step.what == "number_change" else {"fee_msisdn": other}
        boss.take(session, [boss.read(json.dumps(said).encode())], now=now)
    elif step.who == "leave":
        held = select(Subscription).join(Reader, Reader.id == Subscription.reader_id).where(Reader.msisdn == number, Subscription.service_id == service)
        found = session.scalar(held)
        if found is not None:
            leave(session, found, channel="wap", at=now)
    elif step.who in ("repair", "platform"):
        own.apply_own(session, [Change(number, str(step.what), step.who, key, now, service, fee_msisdn=other, price_fen=300)], now=now)
    elif step.who == "file":
        rows = [ToldOrder(one, service, str(step.what), at, Record(line, ())) for line, one in enumerate((number, other), 2)]
        imported.apply_kept(session, rows, source="import by ops", name=key, now=now)
    elif step.who == "join":
        own.apply_own(session, [Change(number, "joined", "platform", key, now, new_msisdn=other)], now=now)
    elif step.who == "due":
        own.take_effect(session, now=now)
    elif session.scalar(select(Reader.id).where(Reader.msisdn == number)) is not None:
        forget(session, MSISDN(number), by="ops", at=now, others=forgetters())


def again(origin: Runtime, empty: Runtime, dialects: MISCDialects) -> Replayed:
    """Replay the journal of one database into the other."""
    found = Replayed()
    with origin.transaction(read_only=True, still=True) as read, empty.transaction() as session:
        replay(session, read_all(read), dialects, found)
    return found


def clear(*runtimes: Runtime) -> None:
    """Forget everything."""
    for runtime in runtimes:
        with runtime.transaction() as session:
            for table in TABLES:
                session.execute(delete(table))


def what_holds(runtime: Runtime) -> dict[str, list[str]]:
    """Every table of orders, with a reader's numbers in place of his id."""
    with runtime.transaction(read_only=True) as session:
        stretches: dict[int, list[str]] = {}
        for one in session.scalars(select(ReaderNumber).order_by(ReaderNumber.msisdn, ReaderNumber.until)):
            stretches.setdefault(one.reader_id or 0, []).append(f"{one.msisdn} {one.since} {one.until}")
        names: dict[int | None, str] = {one.id: one.msisdn if one.msisdn.isdigit() else str(stretches.get(one.id)) for one in session.scalars(select(Reader))}
        return {
            table.__tablename__: sorted(_plain(row, names) for row in session.scalars(select(table)))
            for table in (Reader, Subscription, SubscriptionEvent, ReaderNumber, AwaitedChange, AppliedTransaction)
        }


def _plain(row: Any, names: dict[int | None, str]) -> str:
    found = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}
    for name in {"reader_id", "joined_id"} & found.keys():
        found[name] = names.get(found[name])
    if row.__tablename__ == "readers":
        found["msisdn"] = names[row.id]
    return str(sorted(found.items()))
