"""Orders, accounts, numbers and terms are kept apart, each with the instant and the source of its last change

Only adds: columns, three tables. An order that is known is its own first word: its state and
its instant are copied.

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SUBSCRIPTIONS = (
    ("order_state", sa.String(10), "active"),
    ("order_at", UTCDateTime(), None),
    ("order_source", sa.String(10), ""),
    ("fee_msisdn", sa.String(11), None),
    ("payer_at", UTCDateTime(), None),
    ("payer_source", sa.String(10), ""),
    ("price_fen", sa.Integer(), None),
    ("price_at", UTCDateTime(), None),
    ("price_source", sa.String(10), ""),
)
READERS = (("account_state", sa.String(10), "normal"), ("account_at", UTCDateTime(), None), ("account_source", sa.String(10), ""), ("opened_at", UTCDateTime(), None))
EVENTS = (
    ("field", sa.String(10), "order"),
    ("transaction_id", sa.String(80), None),
    ("reason", sa.String(200), ""),
    ("fee_msisdn", sa.String(11), None),
    ("price_fen", sa.Integer(), None),
    ("message_id", sa.BigInteger(), None),
)
ADDED = {"subscriptions": SUBSCRIPTIONS, "readers": READERS, "subscription_events": EVENTS}
"""The columns by table: name, type, and what an existing row gets (None: nothing, the column may be empty)."""

PAID_BY_ANOTHER = sa.text("fee_msisdn IS NOT NULL")


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_subscriptions_payer", "subscriptions", ["fee_msisdn"], sqlite_where=PAID_BY_ANOTHER, postgresql_where=PAID_BY_ANOTHER)
    op.execute("UPDATE subscriptions SET order_state = state, order_at = effective_at")
    op.execute("UPDATE subscription_events SET field = 'stop' WHERE event IN ('stop', 'restart')")
    _numbers()
    _awaited()
    _transactions()


def _numbers() -> None:
    op.create_table(
        "reader_numbers",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("reader_id", BigKey, sa.ForeignKey("readers.id", ondelete="CASCADE")),
        sa.Column("msisdn", sa.String(11), nullable=False),
        sa.Column("since", UTCDateTime()),
        sa.Column("until", UTCDateTime()),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_reader_numbers_msisdn", "reader_numbers", ["msisdn"])
    op.create_index("ix_reader_numbers_reader", "reader_numbers", ["reader_id"])


def _awaited() -> None:
    op.create_table(
        "awaited_changes",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("msisdn", sa.String(11), nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("transaction_id", sa.String(80), nullable=False),
        sa.Column("service_id", sa.String(40)),
        sa.Column("fee_msisdn", sa.String(11)),
        sa.Column("price_fen", sa.Integer()),
        sa.Column("new_msisdn", sa.String(11)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_awaited_changes_due", "awaited_changes", ["due_at"])
    op.create_index("ix_awaited_changes_msisdn", "awaited_changes", ["msisdn", "service_id"])


def _transactions() -> None:
    op.create_table(
        "applied_transactions",
        sa.Column("source", sa.String(10), primary_key=True),
        sa.Column("transaction_id", sa.String(80), primary_key=True),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("reader_id", BigKey),
        sa.Column("service_id", sa.String(40)),
        sa.Column("effective_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("before", Document),
        sa.Column("undone_at", UTCDateTime()),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_index("ix_applied_transactions_recorded", "applied_transactions", ["recorded_at"])
    op.create_index("ix_applied_transactions_reader", "applied_transactions", ["reader_id"])


def downgrade() -> None:
    for table in ("applied_transactions", "awaited_changes", "reader_numbers"):
        op.drop_table(table)
    op.drop_index("ix_subscriptions_payer", "subscriptions")
    for table, columns in ADDED.items():
        for name, _, _ in reversed(columns):
            op.drop_column(table, name)
