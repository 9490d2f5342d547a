"""What is known of the readers of some differences, for the policy: asked of the database a few thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Publication
from huabao.db import in_ids
from reconciliation.diff import Difference
from reconciliation.runs.settings import BUNDLED
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.offers import store as offers
from subscribers.orders.models import ReaderNumber
from subscribers.orders.store import in_texts

ORDERING = ("order", "resume")


@dataclass(frozen=True, slots=True)
class Present:
    """A subscription as it stands now; what a repair begins from."""

    reader_id: int | None = None
    state: str = "cancelled"
    order_state: str = "cancelled"
    order_at: datetime | None = None
    account_state: str = "normal"
    opened_at: datetime | None = None


@dataclass(slots=True)
class Knowledge:
    """What is known of some numbers.

    Attributes:
        present: by (number, service).
        readers: by number, for those without that subscription.
        misc_told, ordered: keys of which MISC told us an order; of which anybody did.
        closed: numbers whose account was closed and that nobody has.
    """

    present: dict[tuple[str, str], Present] = field(default_factory=dict)
    readers: dict[str, Present] = field(default_factory=dict)
    misc_told: set[tuple[str, str]] = field(default_factory=set)
    ordered: set[tuple[str, str]] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)

    def at(self, msisdn: str, service_id: str) -> Present:
        """How it stands with that number and service."""
        return self.present.get((msisdn, service_id)) or self.readers.get(msisdn) or Present()


@dataclass(frozen=True, slots=True)
class Offering:
    """What the catalogue, the publications and the settings say of services; `prices` in fen a month."""

    free: frozenset[str]
    bundled: frozenset[str]
    from_boss: frozenset[str]
    prices: Mapping[str, int] = field(default_factory=dict)


def offering(session: Session) -> Offering:
    """What is known of services."""
    catalogue = offers.current(session).catalogue.by_service_id()
    charges: dict[str, set[str]] = {}
    for service_id, kind in session.execute(select(Publication.service_id, Publication.klass)):
        charges.setdefault(service_id, set()).add(kind)
    free = {name for name, kinds in charges.items() if kinds <= {"free", "activity"}} | {name for name, one in catalogue.items() if one.charge == "free"}
    bundled = {one.strip() for one in BUNDLED.get(session).split(",") if one.strip()}
    prices = {name: one.price_fen for name, one in catalogue.items() if one.price_fen and one.charge == "monthly"}
    return Offering(frozenset(free), frozenset(bundled), frozenset(name for name, one in catalogue.items() if one.direction == "from-boss"), prices)


def know(session: Session, keys: Sequence[tuple[str, str]]) -> Knowledge:
    """What is known of these numbers and services."""
    known = Knowledge()
    numbers = sorted({number for number, _ in keys})
    names: dict[int, str] = {}
    columns = (Reader.id, Reader.msisdn, Reader.account_state, Reader.opened_at)
    for row in session.execute(select(*columns).where(in_texts(session, Reader.msisdn, numbers))):
        names[row.id] = row.msisdn
        known.readers[row.msisdn] = Present(row.id, account_state=row.account_state, opened_at=row.opened_at)
    ids = sorted(names)
    c = Subscription
    for one in session.execute(select(c.reader_id, c.service_id, c.state, c.effective_at, c.order_state, c.order_at, c.order_source).where(in_ids(session, c.reader_id, ids))):
        reader = known.readers[names[one.reader_id]]
        order = (one.state, one.effective_at) if one.order_at is None else (one.order_state, one.order_at)
        known.present[names[one.reader_id], one.service_id] = Present(one.reader_id, one.state, *order, reader.account_state, reader.opened_at)
        if one.order_state != "cancelled" and one.order_source in ("misc", "boss", "platform"):
            known.ordered.add((names[one.reader_id], one.service_id))
        if one.order_source == "misc":
            known.misc_told.add((names[one.reader_id], one.service_id))
    e = SubscriptionEvent
    for event in session.execute(select(e.reader_id, e.service_id).where(in_ids(session, e.reader_id, ids), e.event.in_(ORDERING), e.source == "misc").distinct()):
        known.misc_told.add((names[event.reader_id], event.service_id))
    n = ReaderNumber
    given_up = session.scalars(select(n.msisdn).where(in_texts(session, n.msisdn, numbers), n.why == "closed", n.until.is_not(None))).all()
    known.closed = {one for one in given_up if one not in known.readers} | {one for one, reader in known.readers.items() if reader.account_state == "closed"}
    return known


def facts_of(one: Difference, known: Knowledge, services: Offering) -> frozenset[str]:
    """The facts of one difference, of `policy.FACTS`."""
    key = one.msisdn, one.service_id
    reader = known.at(*key)
    prices = [price for price in one.price_fen if price is not None]
    since = _order_began(one)
    found: dict[str, Any] = {
        "closed": one.msisdn in known.closed,
        "reused": reader.opened_at is not None and since is not None and reader.opened_at > since,
        "free": one.service_id in services.free or (bool(prices) and not any(prices)),
        "bundle": one.service_id in services.bundled,
        "misc_had": key in known.misc_told or one.states[1] == "cancelled",
        "ordered": key in known.ordered or one.states[1] in ("active", "paused"),
        "from_boss": one.service_id in services.from_boss,
    }
    return frozenset(name for name, holds in found.items() if holds)


def _order_began(one: Difference) -> datetime | None:
    """Since when somebody holds an order, by the side that says the latest instant."""
    held = [at for at, state in zip(one.effective_at, one.states, strict=True) if at is not None and state in ("active", "paused")]
    return max(held, default=None)
