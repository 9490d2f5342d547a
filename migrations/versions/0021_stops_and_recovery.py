"""Stop-send and recovery: streaks of failures, stops, attempts, what is owed afterwards

Only adds tables. Stops that an earlier release wrote get their row.

Revision: 0021
Follows: 0020
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OPEN, DUE, HELD = sa.text("ended_at IS NULL"), sa.text("state = 'due'"), sa.text("state = 'held'")

ADOPT = """
INSERT INTO delivery_stops (reader_id, service_id, cause, failing_since, stopped_at, by, looked_at, tried, next_why)
SELECT reader_id, service_id, COALESCE(stop_cause, 'unknown'), COALESCE(stopped_at, updated_at), COALESCE(stopped_at, updated_at), 'huabao',
COALESCE(stopped_at, updated_at), 0, '' FROM subscriptions WHERE stop_state <> 'sending'
"""


def _who() -> list[sa.Column[Any]]:
    return [sa.Column("reader_id", sa.BigInteger, nullable=False), sa.Column("service_id", sa.String(40), nullable=False)]


def _index(name: str, table: str, columns: list[str], condition: Any = None, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    _streaks()
    _stops()
    _runs()
    _attempts()
    _replays()
    op.execute(ADOPT)


def _streaks() -> None:
    op.create_table(
        "delivery_streaks",
        sa.Column("reader_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("service_id", sa.String(40), primary_key=True),
        sa.Column("cause", sa.String(20), primary_key=True),
        sa.Column("failing_since", UTCDateTime, nullable=False),
        sa.Column("editions", sa.Integer, nullable=False),
        sa.Column("last_failed_at", UTCDateTime, nullable=False),
    )
    op.create_table(
        "judged_dispatches",
        sa.Column("dispatch_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("judged_at", UTCDateTime, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("why_not", sa.String(80), nullable=False),
    )


def _stops() -> None:
    op.create_table(
        "delivery_stops",
        sa.Column("id", BigKey, primary_key=True),
        *_who(),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("failing_since", UTCDateTime, nullable=False),
        sa.Column("stopped_at", UTCDateTime, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("imei", sa.String(16)),
        sa.Column("looked_at", UTCDateTime, nullable=False),
        sa.Column("tried", sa.Integer, nullable=False),
        sa.Column("next_at", UTCDateTime),
        sa.Column("next_why", sa.String(200), nullable=False),
        sa.Column("listed_at", UTCDateTime),
        sa.Column("ended_at", UTCDateTime),
        sa.Column("ended_by", sa.String(20)),
    )
    _index("uq_delivery_stops_open", "delivery_stops", ["reader_id", "service_id"], OPEN, unique=True)
    _index("ix_delivery_stops_next", "delivery_stops", ["next_at"], OPEN)
    _index("ix_delivery_stops_stopped", "delivery_stops", ["stopped_at"])
    _index("ix_delivery_stops_reader", "delivery_stops", ["reader_id"])


def _runs() -> None:
    op.create_table(
        "stop_runs",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("causes", Document, nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("approvals", Document, nullable=False),
        sa.Column("settled_at", UTCDateTime),
    )
    _index("ix_stop_runs_held", "stop_runs", ["id"], HELD)
    op.create_table(
        "stop_candidates",
        sa.Column("run_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reader_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("service_id", sa.String(40), primary_key=True),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("failing_since", UTCDateTime, nullable=False),
    )


def _attempts() -> None:
    op.create_table(
        "recovery_attempts",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("stop_id", sa.BigInteger, nullable=False),
        *_who(),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("stopped_at", UTCDateTime, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sign", sa.String(20), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", UTCDateTime, nullable=False),
        sa.Column("begun_at", UTCDateTime, nullable=False),
        sa.Column("entered_at", UTCDateTime, nullable=False),
        sa.Column("tried_at", UTCDateTime),
        sa.Column("hour", sa.SmallInteger),
        sa.Column("reached", sa.Boolean),
        sa.Column("probe_dispatch_id", sa.BigInteger),
        sa.Column("paper_dispatch_id", sa.BigInteger),
        sa.Column("steps", Document, nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("ended_at", UTCDateTime),
    )
    _index("uq_recovery_attempts_open", "recovery_attempts", ["stop_id"], OPEN, unique=True)
    _index("ix_recovery_attempts_due", "recovery_attempts", ["state", "due_at"], OPEN)
    _index("ix_recovery_attempts_begun", "recovery_attempts", ["begun_at"])
    _index("ix_recovery_attempts_reader", "recovery_attempts", ["reader_id"])


def _replays() -> None:
    op.create_table(
        "recovery_replays",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("stop_id", sa.BigInteger, nullable=False),
        *_who(),
        sa.Column("publication_id", sa.BigInteger, nullable=False),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("since", UTCDateTime, nullable=False),
        sa.Column("until", UTCDateTime, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("editions", sa.Integer, nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("settled_at", UTCDateTime),
        sa.UniqueConstraint("stop_id", "publication_id"),
    )
    _index("ix_recovery_replays_due", "recovery_replays", ["publication_id"], DUE)
    _index("ix_recovery_replays_reader", "recovery_replays", ["reader_id"])
    op.create_table(
        "recovery_credits",
        sa.Column("replay_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("month", sa.Date, primary_key=True),
        *_who(),
        sa.Column("missed", sa.Integer, nullable=False),
        sa.Column("published", sa.Integer, nullable=False),
        sa.Column("price_fen", sa.Integer),
        sa.Column("credit_fen", sa.Integer),
        sa.Column("created_at", UTCDateTime, nullable=False),
    )


def downgrade() -> None:
    for table in ("recovery_credits", "recovery_replays", "recovery_attempts", "stop_candidates", "stop_runs", "delivery_stops", "judged_dispatches", "delivery_streaks"):
        op.drop_table(table)
