"""Many readers at once for the support desk: the numbers of a text, and of each reader the likely cause and the next step, in a few questions to the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.reader_view import Headline, OrderView, ReaderView, headline, titles_of
from console.rights import in_reach
from delivery.resend.copies import latest_of_each
from huabao.clock import business_day
from huabao.db import in_ids
from huabao.msisdn import MSISDN, find_msisdn
from monitoring.alarms.touching import touching
from reconciliation.runs.models import ReconcileDifference
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from reconciliation.stop_send.settings import RECOVERY_ATTEMPTS
from reconciliation.stop_send.told import StopStory
from subscribers.models import Reader, Subscription
from subscribers.orders.store import in_texts

COPIES_EACH = 3
COPIES_DAYS = 14
ODD_SHOWN = 10
ODD_CHARS = 30
_LINES = re.compile(r"[\n\r,;，；、\t]+")


@dataclass(frozen=True)
class Typed:
    """What a person pasted.

    Attributes:
        numbers: each once, in order; at most as many as may be.
        odd: what is no number, cut short; the first few.
        odd_count: how many those are.
        left: numbers beyond as many as may be.
    """

    numbers: tuple[MSISDN, ...]
    odd: tuple[str, ...] = ()
    odd_count: int = 0
    left: int = 0


def numbers_in(text: str, most: int) -> Typed:
    """The numbers of a text: one a line, or apart by commas or blanks; pure."""
    found: dict[MSISDN, None] = {}
    odd: list[str] = []
    for line in _LINES.split(text):
        whole = find_msisdn(line)
        for word in [line] if whole is not None else line.split():
            number = find_msisdn(word)
            if number is None:
                odd.append(word[:ODD_CHARS])
            else:
                found[number] = None
    numbers = tuple(found)
    return Typed(numbers[:most], tuple(odd[:ODD_SHOWN]), len(odd), max(0, len(numbers) - most))


@dataclass(frozen=True)
class Line:
    """One reader of the table."""

    view: ReaderView
    first: Headline

    @property
    def reader(self) -> Reader:
        """Whose line it is."""
        return self.view.reader


def readers_of(session: Session, numbers: Sequence[MSISDN], *, city: str) -> dict[str, Reader]:
    """The readers of these numbers whom an account of that city may see, by number."""
    rows = session.scalars(select(Reader).where(in_texts(session, Reader.msisdn, [str(one) for one in numbers])))
    return {row.msisdn: row for row in rows if in_reach(city, row.city)}


def readers_by_id(session: Session, ids: Sequence[int], *, city: str) -> list[Reader]:
    """The same by their ids, in that order."""
    rows = {row.id: row for row in session.scalars(select(Reader).where(in_ids(session, Reader.id, list(ids)))) if in_reach(city, row.city)}
    return [rows[one] for one in ids if one in rows]


def lines_of(session: Session, readers: Sequence[Reader], now: datetime) -> list[Line]:
    """The lines of these readers, in their order; as their own pages say it, without what only those show."""
    if not readers:
        return []
    ids, today = [one.id for one in readers], business_day(now)
    titles, attempts_max = titles_of(session), RECOVERY_ATTEMPTS.get(session)
    orders: dict[int, list[Subscription]] = {}
    for row in session.scalars(select(Subscription).where(in_ids(session, Subscription.reader_id, ids)).order_by(Subscription.service_id)):
        orders.setdefault(row.reader_id, []).append(row)
    stops = _stops(session, ids)
    d = ReconcileDifference
    differences: dict[str, list[ReconcileDifference]] = {}
    for one in session.scalars(select(d).where(in_texts(session, d.msisdn, [one.msisdn for one in readers]), d.closed_at.is_(None))):
        differences.setdefault(one.msisdn, []).append(one)
    copies = latest_of_each(session, ids, since=today - timedelta(days=COPIES_DAYS), limit=COPIES_EACH)
    known = touching(session, ids, now)
    found = []
    for reader in readers:
        his = [OrderView(row, titles.get(row.service_id, row.service_id), None, stops.get((reader.id, row.service_id))) for row in orders.get(reader.id, ())]
        view = ReaderView(
            reader=reader, number=MSISDN(reader.msisdn).masked, orders=his, past=(), differences=differences.get(reader.msisdn, ()), copies=copies.get(reader.id, ()),
            history=(), complaints=(), ending=frozenset(), attempts_max=attempts_max, titles=titles, known=known.get(reader.id, ()),
        )  # fmt: skip
        found.append(Line(view, headline(view)))
    return found


def _stops(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], StopStory]:
    """The stops that last, with the attempt that is under way; what was paid and missed is left to each reader's own page."""
    stops = session.scalars(select(DeliveryStop).where(in_ids(session, DeliveryStop.reader_id, list(ids)), DeliveryStop.ended_at.is_(None))).all()
    running = select(RecoveryAttempt).where(in_ids(session, RecoveryAttempt.stop_id, [one.id for one in stops]), RecoveryAttempt.ended_at.is_(None))
    attempts = {one.stop_id: one for one in session.scalars(running)} if stops else {}
    return {(one.reader_id, one.service_id): StopStory(one, [attempts[one.id]] if one.id in attempts else [], (), None, 0) for one in stops}
