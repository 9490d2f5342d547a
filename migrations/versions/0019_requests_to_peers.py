"""Requests to BOSS and MISC, and the reader's second yes to an order

Only adds: three tables, a column and an index. Orders that wait already stay with the file of orders.

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'asking', 'unknown')")
DUE = sa.text("state IN ('waiting', 'unknown')")
ASKING, PERSON, WAITING = (sa.text(f"state = '{name}'") for name in ("asking", "person", "waiting"))
NEW = sa.text("state = 'recorded' AND way IS NULL")


def upgrade() -> None:
    op.create_table(
        "outbound_requests",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("peer", sa.String(10), nullable=False),
        sa.Column("line", sa.String(32), nullable=False),
        sa.Column("reader_id", BigKey),
        sa.Column("service_id", sa.String(40)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("transaction_id", sa.String(16), nullable=False),
        sa.Column("payload", Document, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UTCDateTime, nullable=False),
        sa.Column("asked_at", UTCDateTime),
        sa.Column("answered_at", UTCDateTime),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("forgotten", sa.Boolean, nullable=False),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    for name, columns, condition in (
        ("ix_outbound_requests_line", ["peer", "line", "id"], OPEN),
        ("ix_outbound_requests_due", ["peer", "due_at", "id"], DUE),
        ("ix_outbound_requests_asking", ["asked_at"], ASKING),
        ("ix_outbound_requests_person", ["id"], PERSON),
    ):
        op.create_index(name, "outbound_requests", columns, sqlite_where=condition, postgresql_where=condition)
    op.create_index("ix_outbound_requests_reader", "outbound_requests", ["reader_id"])
    op.create_index("uq_outbound_requests_key", "outbound_requests", ["peer", "key"], unique=True)
    op.create_index("uq_outbound_requests_transaction", "outbound_requests", ["peer", "transaction_id"], unique=True)
    op.create_table(
        "outbound_peers",
        sa.Column("peer", sa.String(10), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("down_since", UTCDateTime),
        sa.Column("probe_at", UTCDateTime),
        sa.Column("why", sa.String(200), nullable=False),
    )
    op.create_table(
        "order_confirmations",
        sa.Column("order_id", BigKey, sa.ForeignKey("service_orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("expected", sa.String(40), nullable=False),
        sa.Column("port_id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
        sa.Column("until", UTCDateTime, nullable=False),
        sa.Column("answered_at", UTCDateTime),
        sa.Column("answer", sa.String(80), nullable=False),
        sa.Column("inbound_id", BigKey),
    )
    op.create_index("ix_order_confirmations_waiting", "order_confirmations", ["until"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.add_column("service_orders", sa.Column("way", sa.String(10)))
    op.execute("UPDATE service_orders SET way = 'file'")
    op.create_index("ix_service_orders_new", "service_orders", ["id"], sqlite_where=NEW, postgresql_where=NEW)


def downgrade() -> None:
    op.drop_index("ix_service_orders_new", "service_orders")
    with op.batch_alter_table("service_orders") as table:
        table.drop_column("way")
    for table_name in ("order_confirmations", "outbound_peers", "outbound_requests"):
        op.drop_table(table_name)
