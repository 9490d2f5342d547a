"""Changes to readers, orders, blacklists and segments that a person or a later package asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from subscribers import store
from subscribers.blacklists import hand_on
from subscribers.models import BLACKLIST_KINDS, BlacklistEntry, Contact, Reader, ReaderServiceMonth, Subscription, SubscriptionEvent
from subscribers.orders import forgetting as orders
from subscribers.orders.models import ReaderNumber
from subscribers.segments import Rule
from subscribers.segments.store import save_segment

Forgetter = Callable[[Session, str], Mapping[str, int]]
"""Removes what another package keeps of a number (11 digits); returns how many rows went, by table."""


def require_reader(session: Session, msisdn: MSISDN) -> Reader:
    """The reader with this number.

    Raises:
        UsageError: nobody has it.
    """
    found = store.find_reader(session, msisdn)
    if found is None:
        raise UsageError(f"no reader has the number {msisdn}; `huabao subscribers import` adds readers")
    return found


def forget(session: Session, msisdn: MSISDN, *, by: str, at: datetime, others: Sequence[Forgetter] = ()) -> dict[str, int]:
    """Remove a reader and what hangs on him, with the past that was joined to him; how many rows went, by table.

    A blacklist entry stays: it is his wish to be left alone, and needs the
    number to be kept. The audit trail gets the id that is gone, never the number.

    Args:
        others: who keeps numbers in other packages; a number that only they knew is forgotten too.

    Raises:
        UsageError: nobody has the number.
    """
    elsewhere = {name: count for one in others for name, count in one(session, str(msisdn)).items()}
    if store.find_reader(session, msisdn) is None:  # he may pay for others without being a reader
        elsewhere["paid_for"] = orders.forget_payer(session, str(msisdn))
    if any(elsewhere.values()) and store.find_reader(session, msisdn) is None:
        audit.record(session, actor=by, action="subscribers.forget", object_kind="reader", object_id="none", at=at, rows=elsewhere)
        return {"readers": 0, **elsewhere}
    reader = require_reader(session, msisdn)
    joined = session.scalars(select(Reader).where(Reader.joined_id == reader.id).order_by(Reader.id)).all()
    gone = orders.forget(session, reader.id, str(msisdn))
    for model in (SubscriptionEvent, Contact, ReaderServiceMonth, Subscription):
        done = session.execute(delete(model).where(model.reader_id == reader.id))
        gone[model.__tablename__] = int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
    reader_id = reader.id
    session.delete(reader)
    session.flush()
    gone |= elsewhere
    audit.record(session, actor=by, action="subscribers.forget", object_kind="reader", object_id=reader_id, at=at, rows=gone)
    gone = {"readers": 1, **gone}
    for past in joined:
        for name, count in forget(session, MSISDN(past.msisdn), by=by, at=at, others=others).items():
            gone[name] = gone.get(name, 0) + count
    return gone


def forget_past(session: Session, msisdn: MSISDN, *, by: str, at: datetime, others: Sequence[Forgetter] = ()) -> dict[str, int]:
    """Remove the readers who had this number before and have none now; how many rows went, by table. Whoever has the number now keeps all."""
    gone: dict[str, int] = {}
    had = select(ReaderNumber.reader_id).where(ReaderNumber.msisdn == msisdn)
    for reader in session.scalars(select(Reader).where(Reader.id.in_(had), ~store.has_number_sql()).order_by(Reader.id)).all():
        for name, count in forget(session, MSISDN(reader.msisdn), by=by, at=at, others=others).items():
            gone[name] = gone.get(name, 0) + count
    if gone and store.find_reader(session, msisdn) is None:
        elsewhere = [*(one(session, str(msisdn)) for one in others), {"paid_for": orders.forget_payer(session, str(msisdn))}]
        for name, count in ((name, count) for one in elsewhere for name, count in one.items()):
            gone[name] = gone.get(name, 0) + count
    return gone


def blacklist(session: Session, kind: str, numbers: Iterable[tuple[str, str]], *, at: datetime) -> int:
    """Put numbers on a blacklist; how many were not on it.

    Args:
        numbers: (11 digits, reason) pairs.
    """
    require_kind(kind)
    wanted = dict(numbers)
    hand_on(session, kind, wanted, at=at)
    there = set(session.scalars(select(BlacklistEntry.msisdn).where(BlacklistEntry.kind == kind)))
    new = [BlacklistEntry(kind=kind, msisdn=number, reason=reason, recorded_at=at) for number, reason in wanted.items() if number not in there]
    session.add_all(new)
    session.flush()
    return len(new)


def clear_blacklist(session: Session, kind: str, numbers: Iterable[str] | None, *, by: str, at: datetime) -> int:
    """Take numbers off a blacklist, all of them for None; how many were on it."""
    require_kind(kind)
    gone = 0
    if numbers is None:
        gone = int(session.execute(delete(BlacklistEntry).where(BlacklistEntry.kind == kind)).rowcount)  # type: ignore[attr-defined]  # a cursor's result
    else:
        for number in numbers:
            entry = session.get(BlacklistEntry, (kind, number))
            if entry is not None:
                session.delete(entry)
                gone += 1
    session.flush()
    audit.record(session, actor=by, action="blacklist.clear", object_kind="blacklist", object_id=kind, at=at, removed=gone)
    return gone


def require_kind(kind: str) -> str:
    """`kind` as a kind of blacklist.

    Raises:
        UsageError: it is none.
    """
    if kind not in BLACKLIST_KINDS:
        raise UsageError(f"there is no blacklist {kind!r}; there are {', '.join(BLACKLIST_KINDS)}")
    return kind


def add_segment(session: Session, name: str, rule: Rule, *, by: str, at: datetime) -> bool:
    """Keep a rule under a name; True when it replaced another.

    Raises:
        UsageError: the name is empty, too long or not printable.
    """
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise UsageError("a segment's name has 1 to 80 printable characters")
    replaced = save_segment(session, name, rule, by=by, at=at)
    audit.record(session, actor=by, action="segment.add", object_kind="segment", object_id=name, at=at, rule=rule.to_document(), replaced=replaced)
    return replaced
