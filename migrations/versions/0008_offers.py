"""The catalogue of services and what readers ask for of it

Only adds: two tables.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('recorded', 'exported')")


def upgrade() -> None:
    op.create_table(
        "offer_catalogues",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("imported_by", sa.String(80), nullable=False),
        sa.Column("imported_at", UTCDateTime, nullable=False),
    )
    op.create_table(
        "service_orders",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("reader_id", BigKey, sa.ForeignKey("readers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("service_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("answer", sa.String(80), nullable=False),
        sa.Column("batch", sa.String(40)),
        sa.Column("recorded_at", UTCDateTime, nullable=False),
        sa.Column("exported_at", UTCDateTime),
        sa.Column("decided_at", UTCDateTime),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    op.create_index("uq_service_orders_open", "service_orders", ["reader_id", "service", "kind"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_service_orders_state", "service_orders", ["state", "id"])


def downgrade() -> None:
    op.drop_table("service_orders")
    op.drop_table("offer_catalogues")
