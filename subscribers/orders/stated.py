"""Every subscription as it was at a stated instant, as columns: what a reconciliation reads by the million.

A row that nothing was told about since then says it itself; for the others the history is
folded once more. Streamed in order of numbers, so that memory does not grow with the number of readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import text
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, bound_ids, give_room, is_postgres
from subscribers.models import SUBSCRIPTION_STATES
from subscribers.orders.fields import ACCOUNT_STATE, EVER, NO_ORDER, NORMAL, ORDER_STATE, Known, derive

ROWS: Final = 16_384
"""Rows of a block."""

NOTHING: Final = -1
"""A price that nobody told."""

_SERVICES: Final = """
WITH RECURSIVE found AS (
  SELECT MIN(service_id) AS name FROM subscriptions
  UNION ALL SELECT (SELECT MIN(service_id) FROM subscriptions WHERE service_id > found.name) FROM found WHERE found.name IS NOT NULL
) SELECT name FROM found WHERE name IS NOT NULL
"""
"""One step of the index for each service, however many orders it has."""

# The condition on the number is one that the planner guesses well enough: it decides how the tables are joined.
_WHOLE: Final = """
SELECT CAST(COALESCE(n.msisdn, r.msisdn) AS bigint) AS number, {service} AS service,
  CASE s.state WHEN 'active' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END AS state,
  {seconds} AS effective, COALESCE(s.price_fen, -1) AS price, COALESCE(CAST(s.fee_msisdn AS bigint), 0) AS payer,
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
WHERE COALESCE(n.msisdn, r.msisdn){bytewise} >= '1' {where}
ORDER BY 1, 2
"""
_POSTGRES: Final = {
    "service": "array_position(CAST(%(services)s AS text[]), CAST(s.service_id AS text)) - 1",
    "seconds": "s.effective_at",
    "at": "%(at)s",
    "ever": "%(ever)s",
    "array": "CAST(COALESCE(json_agg(json_build_array(event, field, happened_at, price_fen, fee_msisdn)), '[]') AS text)",
    "text": "CAST(e.effective_at AS text)",
    "bytewise": ' COLLATE "C"',
}
_SQLITE: Final = {
    "service": "s.service_id",
    "seconds": "CAST(strftime('%s', s.effective_at) AS integer)",
    "at": ":at",
    "ever": ":ever",
    "array": "json_group_array(json_array(event, field, happened_at, price_fen, fee_msisdn))",
    "text": "e.effective_at",
    "bytewise": "",
}
_AMONG: Final = {True: "AND s.reader_id = ANY(CAST(%(ids)s AS bigint[]))", False: "AND s.reader_id IN (SELECT value FROM json_each(:ids))"}

_NAMES: Final = ("msisdn", "service", "state", "effective", "price", "payer")
_WIDTHS: Final = (8, 4, 4, 8, 4, 8)
_ROW: Final = np.dtype([("", ">i2"), *((name, f">i{width}") for one, width in zip(_NAMES, _WIDTHS, strict=True) for name, width in (("", 4), (one, width))), ("", ">i4")])
"""A row of COPY (FORMAT BINARY) without a past: the number of its fields, then each with its length before it; the last has none."""

_HEADER_BYTES: Final = 19
_MICROSECONDS: Final = 1_000_000
_Y2000_S: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())

Ints = npt.NDArray[np.int64]
_Row = tuple[int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class StatedColumns:
    """Subscriptions as they were, in order of numbers and services.

    Attributes:
        service: index into the names that came with it.
        state: index into `SUBSCRIPTION_STATES`.
        effective: seconds since 1970.
        price: fen, or `NOTHING`.
        payer: 0 for the reader himself.
    """

    msisdn: Ints
    service: Ints
    state: Ints
    effective: Ints
    price: Ints
    payer: Ints


def columns_at(session: Session, as_of: datetime, readers: Sequence[int] | None = None) -> tuple[Sequence[str], Iterator[StatedColumns]]:
    """The services by name, and every subscription as it was at `as_of`; one that had not begun is left out.

    Within a `still` transaction, so that both speak of the same rows.

    Args:
        readers: ids; None for all.
    """
    postgres = is_postgres(session)
    if readers is None:
        give_room(session)
    services = sorted(session.scalars(text(_SERVICES)))
    statement = _WHOLE.format(**(_POSTGRES if postgres else _SQLITE), where="" if readers is None else _AMONG[postgres])
    # An order of which only the terms are known says no state: it stands at the instant `fields.EVER`.
    values = {"at": _instant(session, as_of), "ever": _instant(session, EVER + timedelta(days=1)), "ids": bound_ids(readers or (), postgres=postgres)}
    connection = session.connection().connection.driver_connection
    assert connection is not None
    rows = _of_postgres(connection, statement, {**values, "services": services}) if postgres else _of_sqlite(connection, statement, values, services)
    return services, rows


def _of_postgres(connection: Any, statement: str, values: Mapping[str, Any]) -> Iterator[StatedColumns]:
    """By COPY, which may use all processors; a cursor may not. Whoever stops in the middle has an unhurt transaction."""
    with connection.transaction(), connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", values) as copy:
        messages = map(bytes, copy)
        first = next(messages)[_HEADER_BYTES:]
        while some := list(islice(messages, ROWS)):
            yield _columns([first, *some] if first else some)
            first = b""
        if first:
            yield _columns([first])


def _columns(messages: list[bytes]) -> StatedColumns:
    """Messages of one row each; the last of all is two bytes and says that it was."""
    plain = [one for one in messages if len(one) == _ROW.itemsize]
    found = _of_fixed(b"".join(plain))
    if len(plain) == len(messages):
        return found
    late = [row for one in messages if len(one) > _ROW.itemsize and (row := _with_past(one)) is not None]
    return _inserted(found, late)


def _of_fixed(data: bytes) -> StatedColumns:
    rows = np.frombuffer(data, _ROW)
    values = {name: rows[name].astype(np.int64) for name in _NAMES}
    values["effective"] = values["effective"] // _MICROSECONDS + _Y2000_S
    return StatedColumns(**values)


def _with_past(message: bytes) -> _Row | None:
    head = np.frombuffer(message[: _ROW.itemsize], _ROW)[0]
    return _as_it_was(int(head["msisdn"]), int(head["service"]), message[_ROW.itemsize :].decode())


def _inserted(found: StatedColumns, late: list[_Row]) -> StatedColumns:
    """The same with rows that the history told, in order."""
    if not late:
        return found
    more = np.array(late, np.int64).T
    whole = [np.concatenate([getattr(found, name), more[at]]) for at, name in enumerate(_NAMES)]
    order = np.lexsort((whole[1], whole[0]))
    return StatedColumns(*(one[order] for one in whole))


def _of_sqlite(connection: Any, statement: str, values: Mapping[str, Any], services: Sequence[str]) -> Iterator[StatedColumns]:
    code = {name: at for at, name in enumerate(services)}
    cursor = connection.execute(statement, values)
    while some := cursor.fetchmany(ROWS):
        rows = [
            row
            for number, service, state, effective, price, payer, past in some
            if (row := (number, code[service], state, effective, price, payer) if past is None else _as_it_was(number, code[service], past)) is not None
        ]
        if rows:
            yield StatedColumns(*np.array(rows, np.int64).T)


def _instant(session: Session, at: datetime) -> Any:
    dialect = session.connection().dialect
    bind = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    return at if bind is None else bind(at)


def _read(told: str) -> datetime:
    at = datetime.fromisoformat(told)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _as_it_was(number: int, service: int, past: str) -> _Row | None:
    """A row by the history up to then; None where it had not begun."""
    order, account, price, payer = NO_ORDER, NORMAL, None, None
    for event, field, told, costs, pays in json.loads(past):
        if field == "account":
            account = Known(ACCOUNT_STATE[event], _read(told))
        elif field == "order":
            order, price, payer = Known(ORDER_STATE.get(event, "cancelled"), _read(told)), costs, pays
        elif field == "terms":
            price, payer = costs, pays
    if order is NO_ORDER:
        return None
    state, at = derive(order, account)
    return number, service, SUBSCRIPTION_STATES.index(state), int(at.timestamp()), NOTHING if price is None else price, int(payer or 0)
