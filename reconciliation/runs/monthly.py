"""The month's lists: who is owed money back, and who was served and never charged (operations 13).

Held against the bill, which may come days after the month: charged and nothing delivered, charged
and under-served, charged after the end of the order or without one; delivered and not charged, less
bundles, free services, readers for whom another pays and the first 72 hours.
"""

from __future__ import annotations

import csv
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from huabao.db import in_ids
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from reconciliation.charges.bills import asked_back
from reconciliation.codecs.feeds import Services
from reconciliation.feeds.checking import month_span
from reconciliation.runs.bill import BillReader, Charge
from reconciliation.runs.facts import Offering, offering
from reconciliation.runs.owners import numbers_of, owners_of
from reconciliation.runs.paying import UNKNOWN, Key, PaidFor, ReaderKey, paid_for, terms_of
from reconciliation.runs.settings import UNDER_SERVED
from subscribers.models import ReaderServiceMonth, Subscription, SubscriptionEvent
from subscribers.orders.as_of import state_at

NOTHING, UNDER, AFTER_CANCEL, NO_ORDER, NOT_CHARGED = "charged_nothing_delivered", "charged_under_served", "charged_after_cancel", "charged_without_order", "delivered_not_charged"
LISTS: Final = (NOTHING, UNDER, AFTER_CANCEL, NO_ORDER, NOT_CHARGED)
HEADER: Final = ("msisdn", "service_id", "charged_fen", "owed_fen", "retrieved", "failed", "why", "asked_back_fen")
"""The last: what refunds of that charge come to, which are paid by a list of their own."""
FIRST_HOURS: Final = timedelta(hours=72)
_AT_ONCE: Final = 2000
_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class Served:
    """What a reader got of a service in the month."""

    retrieved: int = 0
    failed: int = 0


@dataclass(slots=True)
class Lists:
    """What a month comes to.

    Attributes:
        counts, money_fen: by list; of the refund lists what is owed, of the last what was not charged.
        left_out: delivered and not charged for a reason, by reason.
        charges: each line of the bill by the reader whom it served.
    """

    counts: Counter[str] = field(default_factory=Counter)
    money_fen: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    records: int = 0
    faults: int = 0
    charges: ChargeRows = field(default_factory=lambda: ChargeRows())


@dataclass(slots=True)
class ChargeRows:
    """The bill by reader, packed: a million lines are 20 MB."""

    services: Services = field(default_factory=Services)
    readers: array[int] = field(default_factory=lambda: array("q"))
    packed: array[int] = field(default_factory=lambda: array("q"))

    def add(self, reader_id: int, service_id: str, fen: int) -> None:
        """One line more."""
        self.readers.append(reader_id)
        self.packed.append(fen << _BITS | self.services.code(service_id))

    def __iter__(self) -> Iterator[tuple[int, str, int]]:
        """(reader, service, fen), as they came."""
        for reader, packed in zip(self.readers, self.packed, strict=True):
            yield reader, self.services.names[packed & (1 << _BITS) - 1], packed >> _BITS


def judge(charge: Charge, served: Served, *, held: bool, ever: bool, share_min: float) -> tuple[str, int, str] | None:
    """Pure: the list that a charge belongs on, the fen that are owed, and why; None where it is right.

    Args:
        held: he held an order at some instant of the month; `ever`: at any time before its end.
        share_min: of the copies whose end is known so many must have reached him.
    """
    if not charge.amount_fen:
        return None
    if not held and not served.retrieved:
        return (AFTER_CANCEL, charge.amount_fen, "the order had ended before the month") if ever else (NO_ORDER, charge.amount_fen, "no order is known")
    if not served.retrieved:
        return NOTHING, charge.amount_fen, f"{served.failed} copies failed, none arrived"
    sent = served.retrieved + served.failed
    if served.retrieved < share_min * sent:
        return UNDER, charge.amount_fen * served.failed // sent, f"{served.retrieved} of {sent} copies arrived"
    return None


def make_lists(runtime: Runtime, month: date, bill: Path, folder: Path, *, masked: bool = False) -> Lists:
    """Write the lists of a month into `folder`, one CSV each.

    Raises:
        FeedError: the bill is refused whole; no list is left.
    """
    found, charged, services = Lists(), array("q"), Services()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as stack, runtime.transaction(read_only=True, still=True) as session:
            writers = {name: csv.writer(stack.enter_context((folder / f"{name}.csv.part").open("w", encoding="utf-8", newline=""))) for name in LISTS}
            for writer in writers.values():
                writer.writerow(HEADER)

            def put(name: str, key: Key, charged_fen: int, owed_fen: int, served: Served, why: str, back_fen: int = 0) -> None:
                found.counts[name] += 1
                found.money_fen[name] += owed_fen
                number = MSISDN(key[0]).masked if masked else key[0]
                writers[name].writerow((number, key[1], charged_fen, owed_fen, served.retrieved, served.failed, why, back_fen))

            reader = BillReader(bill)
            share_min = UNDER_SERVED.get(session)
            for some in _chunks(reader):
                charged.extend(_packed(one.msisdn, one.service_id, services) for one in some)
                _judge_charges(session, month, some, share_min, put, found.charges)
            found.records, found.faults = reader.records, reader.faults
            keys = np.unique(np.frombuffer(charged, np.int64)) if charged else np.empty(0, np.int64)
            _find_uncharged(session, month, lambda key: _is_in(keys, _packed(*key, services)), found, put)
        for name in LISTS:
            (folder / f"{name}.csv.part").replace(folder / f"{name}.csv")
    finally:
        for name in LISTS:
            (folder / f"{name}.csv.part").unlink(missing_ok=True)
    return found


Put = Callable[..., None]


def _chunks(charges: Iterable[Charge]) -> Iterator[list[Charge]]:
    rows = iter(charges)
    while some := list(islice(rows, _AT_ONCE)):
        yield some


def _packed(msisdn: str, service_id: str, services: Services) -> int:
    return int(msisdn) << _BITS | services.code(service_id)


def _is_in(keys: np.ndarray[tuple[int], np.dtype[np.int64]], key: int) -> bool:
    at = int(np.searchsorted(keys, key))
    return at < len(keys) and int(keys[at]) == key


def _judge_charges(session: Session, month: date, some: Sequence[Charge], share_min: float, put: Put, rows: ChargeRows) -> None:
    begins, ends = month_span(month)
    keys = {(one.msisdn, one.service_id) for one in some}
    owners = owners_of(session, {key[0] for key in keys}, begins, ends)
    payers = paid_for(session, keys, begins, ends)
    at_begin = {(one.msisdn, one.service_id): one.state for one in state_at(session, begins, keys)}
    at_end = {(one.msisdn, one.service_id): one.state for one in state_at(session, ends, keys)}
    readers = {one for some_owners in owners.values() for one in some_owners} | {one[0] for paid in payers.values() for one in paid.within}
    served, ordered, known = _served(session, month, readers), _held_within(session, readers, begins, ends), _known(session, readers)
    back = asked_back(session, month, readers)
    for charge in some:
        own = (charge.msisdn, charge.service_id)
        of_number, paid = owners.get(charge.msisdn, {}), payers.get(own, PaidFor())
        his = [(reader, charge.service_id) for reader, within in of_number.items() if within] + paid.within
        got = Served(sum(served.get(key, Served()).retrieved for key in his), sum(served.get(key, Served()).failed for key in his))
        held = any(side.get(own, "cancelled") != "cancelled" for side in (at_begin, at_end)) or bool(paid.within or ordered & set(his))
        ever = own in at_end or bool(paid.before) or any((reader, charge.service_id) in known for reader in of_number)
        whose = served_by([reader for reader, within in of_number.items() if within], paid.within, charge.service_id, known)
        if whose is not None:
            rows.add(whose, charge.service_id, charge.amount_fen)
        judged = judge(charge, got, held=held, ever=ever, share_min=share_min)
        if judged is not None:
            put(judged[0], own, charge.amount_fen, judged[1], got, judged[2], sum(back.get(key, 0) for key in set(his)))


def served_by(owners: Sequence[int], payees: Sequence[ReaderKey], service_id: str, known: Collection[ReaderKey]) -> int | None:
    """Pure: the reader on whose page a charge stands: who had the number and an order, else the one for whom the number pays, else who had it."""
    own = [one for one in owners if (one, service_id) in known]
    if own or len(payees) != 1:
        return next(iter([*reversed(own), *reversed(owners)]), None)
    return payees[0][0]


def _served(session: Session, month: date, readers: Collection[int]) -> dict[ReaderKey, Served]:
    c = ReaderServiceMonth
    rows = session.execute(select(c.reader_id, c.service_id, c.retrieved, c.failed).where(c.month == month, in_ids(session, c.reader_id, sorted(readers))))
    return {(reader, service): Served(retrieved, failed) for reader, service, retrieved, failed in rows}


def _held_within(session: Session, readers: Collection[int], begins: datetime, ends: datetime) -> set[ReaderKey]:
    """Orders that were made, paused, resumed or ended within the month: each held for some of it."""
    e = SubscriptionEvent
    wanted = select(e.reader_id, e.service_id).where(in_ids(session, e.reader_id, sorted(readers)), e.field == "order", e.effective_at >= begins, e.effective_at < ends)
    return {(reader, service) for reader, service in session.execute(wanted)}


def _known(session: Session, readers: Collection[int]) -> set[ReaderKey]:
    c = Subscription
    return {(reader, service) for reader, service in session.execute(select(c.reader_id, c.service_id).where(in_ids(session, c.reader_id, sorted(readers))))}


def _find_uncharged(session: Session, month: date, is_charged: Callable[[Key], bool], found: Lists, put: Put) -> None:
    (begins, ends), services, c = month_span(month), offering(session), ReaderServiceMonth
    after, last = "", 0
    while True:
        wanted = select(c.reader_id, c.service_id, c.retrieved, c.failed).where(c.month == month, c.retrieved > 0, tuple_(c.reader_id, c.service_id) > tuple_(last, after))
        rows = session.execute(wanted.order_by(c.reader_id, c.service_id).limit(_AT_ONCE)).all()
        if not rows:
            return
        last, after = rows[-1].reader_id, rows[-1].service_id
        numbers = numbers_of(session, {row.reader_id for row in rows}, begins, ends)
        left = [row for row in rows if row.reader_id in numbers and not any(is_charged((number, row.service_id)) for number in numbers[row.reader_id])]
        orders = _orders(session, {row.reader_id for row in left}, ends)
        for row in left:
            order = orders.get((row.reader_id, row.service_id), _Order())
            why = _reason(row.service_id, services, order, ends)
            if why:
                found.left_out[why] += 1
            else:
                put(NOT_CHARGED, (numbers[row.reader_id][-1], row.service_id), 0, order.price_fen or 0, Served(row.retrieved, row.failed), f"{row.retrieved} copies arrived")


@dataclass(frozen=True, slots=True)
class _Order:
    """What is known of an order in a month: its last terms while it held, and from when to when that was."""

    payer: str | None = None
    price_fen: int | None = None
    began: datetime | None = None
    ended: datetime | None = None


def _orders(session: Session, readers: Collection[int], ends: datetime) -> dict[ReaderKey, _Order]:
    """The orders of some readers, with the last time before `ends` that each was made."""
    s, e, ids = Subscription, SubscriptionEvent, sorted(readers)
    made = select(e.reader_id, e.service_id, e.effective_at).where(in_ids(session, e.reader_id, ids), e.field == "order", e.event == "order", e.effective_at < ends)
    began = {(reader, service): at for reader, service, at in session.execute(made.order_by(e.effective_at))}
    rows = session.execute(select(s.reader_id, s.service_id, s.state, s.effective_at).where(in_ids(session, s.reader_id, ids))).all()
    terms = terms_of(session, {(row.reader_id, row.service_id) for row in rows}, ends)
    found = {}
    for row in rows:
        key = (row.reader_id, row.service_id)
        last = next((one for one in reversed(terms.get(key, ())) if one.held), UNKNOWN)
        found[key] = _Order(last.payer, last.price_fen, began.get(key), row.effective_at if row.state == "cancelled" else None)
    return found


def _reason(service_id: str, services: Offering, order: _Order, ends: datetime) -> str:
    """Why somebody need not be charged, or ""."""
    if service_id in services.bundled:
        return "bundle"
    if service_id in services.free or order.price_fen == 0:
        return "free"
    if order.payer:
        return "another_pays"
    until = min(order.ended or ends, ends)
    return "first_72_hours" if order.began is not None and until - order.began < FIRST_HOURS else ""
