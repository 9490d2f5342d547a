"""A province's readers, orders and their history, written straight into the tables of PostgreSQL.

One order in a hundred was paused, one in fifty cancelled; another pays for one in two
hundred, and one in five hundred changed today, after the as-of time of yesterday's files.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from huabao.runtime import Runtime

SERVICE: Final = "PAPER"
PRICE_FEN: Final = 500
SINCE_DAYS: Final = 700
"""The oldest orders are so old, the newest a month younger than now."""

_READERS = """
INSERT INTO readers (msisdn, topics, attributes, created_at, updated_at)
SELECT '138' || lpad(n::text, 8, '0'), '[]', '{}', :now, :now FROM generate_series(0, :readers - 1) AS n
"""
_AT = "CAST(:now AS timestamptz) - interval '30 days' - (r.id * 7919 % :span) * interval '1 second'"
_STATE = "CASE WHEN r.id % 100 = 3 THEN 'paused' WHEN r.id % 50 = 7 THEN 'cancelled' ELSE 'active' END"
_LATELY = "CAST(:now AS timestamptz) - interval '10 minutes'"
_CHANGED = "r.id % 500 = 11"
_ORDERS = f"""
INSERT INTO subscriptions (reader_id, service_id, state, effective_at, order_state, order_at, order_source, fee_msisdn, payer_at, payer_source,
  price_fen, price_at, price_source, stop_state, updated_at)
SELECT r.id, :service, {_STATE}, at, {_STATE}, at, 'misc', payer, at, 'misc', :price, at, 'boss', 'sending', :now
FROM (SELECT id, CASE WHEN {_CHANGED} THEN {_LATELY} ELSE {_AT} END AS at, CASE WHEN id % 200 = 21 THEN '137' || substr(msisdn, 4) END AS payer FROM readers r) AS r
"""
_HISTORY = f"""
INSERT INTO subscription_events (reader_id, service_id, event, state, source, field, transaction_id, reason, fee_msisdn, price_fen, effective_at, recorded_at)
SELECT s.reader_id, s.service_id, e.event, e.state, 'misc', 'order', e.event || s.id, '', s.fee_msisdn, s.price_fen, e.at, e.at
FROM subscriptions s JOIN readers r ON r.id = s.reader_id CROSS JOIN LATERAL (VALUES
  ('order', 'active', least({_AT}, s.order_at) - interval '1 day', true), ('pause', 'paused', s.order_at, s.state = 'paused'), ('cancel', 'cancelled', s.order_at, s.state = 'cancelled'),
  ('resume', 'active', s.order_at, s.state = 'active' AND {_CHANGED})
) AS e(event, state, at, there) WHERE e.there
"""


def fill(runtime: Runtime, readers: int, *, now: datetime) -> None:
    """Readers with an order each and its history; an order that began today is told with what was before."""
    values = {"readers": readers, "now": now, "service": SERVICE, "price": PRICE_FEN, "span": int(timedelta(days=SINCE_DAYS).total_seconds())}
    with runtime.transaction() as session:
        for statement in (_READERS, _ORDERS, _HISTORY):
            session.execute(text(statement), values)
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as the database's own housekeeping does within minutes
