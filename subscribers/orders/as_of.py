"""What held at a stated instant: the platform's side of a reconciliation.

A row that nothing was told about since then says it itself; for the others the history is
folded once more. Streamed, so that memory does not grow with the number of readers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, bound_ids, give_room, is_postgres
from subscribers.models import Reader
from subscribers.orders.change import ACCOUNT_EVENTS
from subscribers.orders.fields import ACCOUNT_STATE, NO_ORDER, NORMAL, ORDER_STATE, Known, derive
from subscribers.orders.models import ReaderNumber
from subscribers.orders.store import in_texts

CHUNK_ROWS = 5000
KEYS_AT_ONCE = 5000

_WHOLE = """
SELECT COALESCE(n.msisdn, r.msisdn){collate} AS number, s.service_id{collate} AS service, s.state, s.effective_at, s.price_fen, s.fee_msisdn, s.reader_id,
  CASE WHEN COALESCE(s.order_at, s.effective_at) > {at} OR s.payer_at > {at} OR s.price_at > {at} OR r.account_at > {at} OR s.order_at < {ever}
       THEN 1 ELSE 0 END AS touched
FROM subscriptions s
JOIN readers r ON r.id = s.reader_id
LEFT JOIN reader_numbers n ON n.reader_id = r.id AND (n.since IS NULL OR n.since <= {at}) AND (n.until IS NULL OR n.until > {at})
WHERE SUBSTR(COALESCE(n.msisdn, r.msisdn), 1, 1) = '1' {where}
ORDER BY 1, 2
"""

_HISTORY = """
SELECT reader_id, service_id, event, field, effective_at, source, fee_msisdn, price_fen FROM subscription_events
WHERE effective_at <= {at} AND field <> 'stop' AND reader_id {among}
ORDER BY effective_at, recorded_at, id
"""


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
        give_room(session)
        yield from _rows(session, as_of, None)
        return
    numbers = sorted({number for number, _ in keys})
    wanted = set(keys)
    for start in range(0, len(numbers), KEYS_AT_ONCE):
        some = numbers[start : start + KEYS_AT_ONCE]
        had = select(ReaderNumber.reader_id).where(in_texts(session, ReaderNumber.msisdn, some), ReaderNumber.reader_id.is_not(None))
        readers = session.scalars(select(Reader.id).where(or_(in_texts(session, Reader.msisdn, some), Reader.id.in_(had)))).all()
        yield from (one for one in _rows(session, as_of, readers) if one[:2] in wanted)


def reader_at(session: Session, msisdn: str, at: datetime) -> int | None:
    """Whose number it was at `at`, for what is told late of it; None where it was nobody's whom we know."""
    stretches = session.scalars(select(ReaderNumber).where(ReaderNumber.msisdn == msisdn)).all()
    for one in stretches:
        if (one.since is None or one.since <= at) and (one.until is None or at < one.until):
            return one.reader_id
    begins = max((one.until or one.since or at for one in stretches), default=None)
    return None if begins is not None and at < begins else session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))


def _rows(session: Session, as_of: datetime, readers: Sequence[int] | None) -> Iterator[Stated]:
    postgres = is_postgres(session)
    where = "" if readers is None else f"AND s.reader_id {_among(postgres)}"
    instant = _instant(session, as_of)
    # An order of which only the terms are known says no state: it stands at the instant `fields.EVER`.
    ever = _instant(session, datetime(1970, 1, 2, tzinfo=UTC))
    at, until = ("%(at)s", "%(ever)s") if postgres else (":at", ":ever")
    statement = _WHOLE.format(collate=' COLLATE "C"' if postgres else "", at=at, ever=until, where=where)
    values = {"at": instant, "ever": ever, "ids": bound_ids(readers or (), postgres=postgres)}
    rows = _stream(session, statement, values)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        again = sorted({row[6] for row in chunk if row[7]})
        past = _Past(session, again, as_of) if again else None
        for number, service, state, since, price, payer, reader, touched in chunk:
            if not touched:
                yield Stated(number, service, state, since if postgres else _read(since), price, payer)
            elif past is not None and (was := past.state(reader, service)) is not None:
                yield Stated(number, service, *was)


def _stream(session: Session, statement: str, values: dict[str, Any]) -> Iterator[Any]:
    connection = session.connection().connection.driver_connection
    assert connection is not None
    if not is_postgres(session):
        yield from connection.execute(statement, values)
        return
    with connection.cursor(name="huabao_states", binary=True) as cursor:
        cursor.itersize = CHUNK_ROWS
        cursor.execute(statement, values)
        yield from cursor


def _among(postgres: bool) -> str:
    return "= ANY(CAST(%(ids)s AS bigint[]))" if postgres else "IN (SELECT value FROM json_each(:ids))"


def _instant(session: Session, at: datetime) -> Any:
    dialect = session.connection().dialect
    bind = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    return at if bind is None else bind(at)


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class _Past:
    """Some readers' history up to an instant, folded."""

    def __init__(self, session: Session, readers: Sequence[int], as_of: datetime) -> None:
        postgres = is_postgres(session)
        statement = _HISTORY.format(at="%(at)s" if postgres else ":at", among=_among(postgres))
        connection = session.connection().connection.driver_connection
        assert connection is not None
        rows = connection.execute(statement, {"at": _instant(session, as_of), "ids": bound_ids(readers, postgres=postgres)})
        self._orders: dict[tuple[int, str], Known] = {}
        self._terms: dict[tuple[int, str], tuple[int | None, str | None]] = {}
        self._accounts: dict[int, Known] = {}
        self._fold(rows if postgres else ((*row[:4], _read(row[4]), *row[5:]) for row in rows))

    def _fold(self, rows: Iterable[Any]) -> None:
        for reader, service, event, field, at, source, payer, price in rows:
            if field == "account" and event in ACCOUNT_EVENTS:
                self._accounts[reader] = Known(ACCOUNT_STATE[event], at, source)
            if field == "order":
                self._orders[reader, service] = Known(ORDER_STATE.get(event, "cancelled"), at, source)
            if field in ("order", "terms"):
                self._terms[reader, service] = (price, payer)

    def state(self, reader: int, service: str) -> tuple[str, datetime, int | None, str | None] | None:
        """State, instant, price and payer; None where it had not begun."""
        order = self._orders.get((reader, service), NO_ORDER)
        if order is NO_ORDER:
            return None
        return (*derive(order, self._accounts.get(reader, NORMAL)), *self._terms[reader, service])
