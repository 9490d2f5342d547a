"""What held at a stated instant: the platform's side of a reconciliation.

One by one, or for some keys; `stated` gives all of them as columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers.models import SUBSCRIPTION_STATES, Reader
from subscribers.orders.models import ReaderNumber
from subscribers.orders.stated import NOTHING, columns_at
from subscribers.orders.store import in_texts

KEYS_AT_ONCE = 5000


class Stated(NamedTuple):
    """One subscription as it was.

    Attributes:
        state: active, paused or cancelled.
        effective_at: since when the order, or while he was barred the account, said so.
        fee_msisdn: who paid where it was not himself.
    """

    msisdn: str
    service_id: str
    state: str
    effective_at: datetime
    price_fen: int | None
    fee_msisdn: str | None


def state_at(session: Session, as_of: datetime, keys: Collection[tuple[str, str]] | None = None) -> Iterator[Stated]:
    """Every subscription as it was at `as_of`, by number and service in the order of their bytes; one that had not begun is left out.

    The number is the one that the reader had then. A change that is still awaited is in nobody's
    history: let what is due take effect first (`due.take_effect`).

    Args:
        keys: (number, service) pairs; None for all.
    """
    if keys is None:
        yield from _rows(session, as_of, None)
        return
    numbers = sorted({number for number, _ in keys})
    wanted = set(keys)
    for start in range(0, len(numbers), KEYS_AT_ONCE):
        some = numbers[start : start + KEYS_AT_ONCE]
        had = select(ReaderNumber.reader_id).where(in_texts(session, ReaderNumber.msisdn, some), ReaderNumber.reader_id.is_not(None))
        # Two questions, each by its index: one with `or` reads every reader for each lot of keys.
        readers = sorted({*session.scalars(select(Reader.id).where(in_texts(session, Reader.msisdn, some))), *session.scalars(select(Reader.id).where(Reader.id.in_(had)))})
        yield from (one for one in _rows(session, as_of, readers) if one[:2] in wanted)


def reader_at(session: Session, msisdn: str, at: datetime) -> int | None:
    """Whose number it was at `at`, for what is told late of it; None where it was nobody's whom we know."""
    stretches = session.scalars(select(ReaderNumber).where(ReaderNumber.msisdn == msisdn)).all()
    for one in stretches:
        if (one.since is None or one.since <= at) and (one.until is None or at < one.until):
            return one.reader_id
    begins = max((one.until or one.since or at for one in stretches), default=None)
    return None if begins is not None and at < begins else session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))


def number_since(session: Session, msisdn: str, at: datetime) -> datetime | None:
    """From when a number was in the hands that it was in at `at`; None for since ever."""
    instants = [instant for one in session.scalars(select(ReaderNumber).where(ReaderNumber.msisdn == msisdn)) for instant in (one.since, one.until) if instant is not None]
    return max((one for one in instants if one <= at), default=None)


def _rows(session: Session, as_of: datetime, readers: Sequence[int] | None) -> Iterator[Stated]:
    services, blocks = columns_at(session, as_of, readers)
    for some in blocks:
        columns = (some.msisdn, some.service, some.state, some.effective, some.price, some.payer)
        for number, service, state, at, price, payer in zip(*(one.tolist() for one in columns), strict=True):
            told = None if price == NOTHING else price
            yield Stated(str(number), services[service], SUBSCRIPTION_STATES[state], datetime.fromtimestamp(at, UTC), told, str(payer) if payer else None)
