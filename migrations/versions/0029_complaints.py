"""Complaints, and how many readers there were each day

Only adds.

Revision: 0029
Follows: 0028
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")
NAMED = sa.text("reference <> ''")


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False, server_default=""),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("reader_id", BigKey, sa.ForeignKey("readers.id", ondelete="SET NULL")),
        sa.Column("msisdn", sa.String(11)),
        sa.Column("city", sa.String(40)),
        sa.Column("service_id", sa.String(40)),
        sa.Column("edition_id", BigKey),
        sa.Column("dispatch_id", BigKey),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("cause_by", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("previous_id", BigKey),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime()),
        sa.Column("closed_by", sa.String(80)),
        sa.Column("answer", sa.String(20), nullable=False, server_default=""),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("uq_complaints_reference", "complaints", ["channel", "reference"], unique=True, sqlite_where=NAMED, postgresql_where=NAMED)
    op.create_index("ix_complaints_received", "complaints", ["received_at", "id"])
    op.create_index("ix_complaints_recorded", "complaints", ["recorded_at"])
    op.create_index("ix_complaints_reader", "complaints", ["reader_id", "received_at"])
    op.create_index("ix_complaints_msisdn", "complaints", ["msisdn"])
    op.create_index("ix_complaints_due", "complaints", ["due_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "readership_days",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("city", sa.String(40), primary_key=True),
        sa.Column("service_id", sa.String(40), primary_key=True),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_readership_service", "readership_days", ["service_id", "day"])


def downgrade() -> None:
    op.drop_table("readership_days")
    op.drop_table("complaints")
