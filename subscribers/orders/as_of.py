"""What held at a stated instant: the platform's side of a reconciliation.

A row that nothing was told about since then says it itself; for the others the history is
folded once more. Streamed, so that memory does not grow with the number of readers.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, bound_ids, give_room, is_postgres
from subscribers.models import Reader
from subscribers.orders.fields import ACCOUNT_STATE, EVER, NO_ORDER, NORMAL, ORDER_STATE, Known, derive
from subscribers.orders.models import ReaderNumber
from subscribers.orders.store import in_texts

KEYS_AT_ONCE = 5000
INSTANTS_MAX = 50_000
"""Instants repeat in such tables, so that many are remembered."""

_WHOLE = """
SELECT COALESCE(n.msisdn, r.msisdn){collate} AS number, s.service_id{collate} AS service, s.state, s.effective_at, s.price_fen, s.fee_msisdn,
  CASE WHEN COALESCE(s.order_at, s.effective_at) > {at} OR s.payer_at > {at} OR s.price_at > {at} OR r.account_at > {at} OR s.order_at < {ever} THEN
    (SELECT {array} FROM (
      SELECT e.event, e.field, {text} AS happened_at, e.price_fen, e.fee_msisdn FROM subscription_events e
      WHERE e.reader_id = s.reader_id AND e.service_id IN (s.service_id, '') AND e.field <> 'stop' AND e.effective_at <= {at}
      ORDER BY e.effective_at, e.recorded_at, e.id
    ) AS happened)
  END AS past
FROM subscriptions s
JOIN readers r ON r.id = s.reader_id
LEFT JOIN reader_numbers n ON n.reader_id = r.id AND (n.since IS NULL OR n.since <= {at}) AND (n.until IS NULL OR n.until > {at})
WHERE SUBSTR(COALESCE(n.msisdn, r.msisdn), 1, 1) = '1' {where}
ORDER BY 1, 2
"""
_POSTGRES = {
    "at": "%(at)s",
    "ever": "%(ever)s",
    "collate": ' COLLATE "C"',
    "array": "CAST(COALESCE(json_agg(json_build_array(event, field, happened_at, price_fen, fee_msisdn)), '[]') AS text)",
    "text": "CAST(e.effective_at AS text)",
}
_SQLITE = {
    "at": ":at",
    "ever": ":ever",
    "collate": "",
    "array": "json_group_array(json_array(event, field, happened_at, price_fen, fee_msisdn))",
    "text": "e.effective_at",
}
_AMONG = {True: "AND s.reader_id = ANY(CAST(%(ids)s AS bigint[]))", False: "AND s.reader_id IN (SELECT value FROM json_each(:ids))"}
_TYPES = ("text", "text", "text", "timestamptz", "int4", "text", "text")


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
    statement = _WHOLE.format(**(_POSTGRES if postgres else _SQLITE), where="" if readers is None else _AMONG[postgres])
    # An order of which only the terms are known says no state: it stands at the instant `fields.EVER`.
    values = {"at": _instant(session, as_of), "ever": _instant(session, EVER + timedelta(days=1)), "ids": bound_ids(readers or (), postgres=postgres)}
    connection = session.connection().connection.driver_connection
    assert connection is not None
    if postgres:
        return _of_postgres(connection, statement, values)
    return _of_sqlite(connection, statement, values)


def _of_postgres(connection: Any, statement: str, values: dict[str, Any]) -> Iterator[Stated]:
    """By COPY, which may use all processors; a cursor may not."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", values) as copy:
        copy.set_types(_TYPES)
        for number, service, state, at, price, payer, past in copy.rows():
            if past is None:
                yield Stated(number, service, state, at, price, payer)
            elif (was := _fold(past)) is not None:
                yield Stated(number, service, *was)


def _of_sqlite(connection: Any, statement: str, values: dict[str, Any]) -> Iterator[Stated]:
    instants: dict[str, datetime] = {}
    for number, service, state, told, price, payer, past in connection.execute(statement, values):
        if past is None:
            at = instants.get(told)
            if at is None:
                at = _read(told)
                if len(instants) < INSTANTS_MAX:
                    instants[told] = at
            yield Stated(number, service, state, at, price, payer)
        elif (was := _fold(past)) is not None:
            yield Stated(number, service, *was)


def _instant(session: Session, at: datetime) -> Any:
    dialect = session.connection().dialect
    bind = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    return at if bind is None else bind(at)


def _read(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _fold(past: str) -> tuple[str, datetime, int | None, str | None] | None:
    """State, instant, price and payer by the history up to then; None where it had not begun."""
    order, account, price, payer = NO_ORDER, NORMAL, None, None
    for event, field, told, costs, pays in json.loads(past):
        if field == "account":
            account = Known(ACCOUNT_STATE[event], _read(told))
        elif field == "order":
            order, price, payer = Known(ORDER_STATE.get(event, "cancelled"), _read(told)), costs, pays
        elif field == "terms":
            price, payer = costs, pays
    return None if order is NO_ORDER else (*derive(order, account), price, payer)
