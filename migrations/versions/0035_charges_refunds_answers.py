"""Bills kept by reader, refunds, and the standard answers of the support desk

Only adds; bills that were read before this one are not known by reader.

Revision: 0035
Follows: 0034
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

LIVE = sa.text("state <> 'refused' AND state <> 'bounced'")


def upgrade() -> None:
    op.create_table(
        "bill_charges",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("service_id", sa.String(40), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("run_id", BigKey, nullable=False),
    )
    op.create_index("ix_bill_charges_reader", "bill_charges", ["reader_id", "month"])
    op.create_index("ix_bill_charges_month", "bill_charges", ["month", "service_id"])
    op.create_table(
        "refunds",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("reader_id", BigKey, sa.ForeignKey("readers.id", ondelete="SET NULL")),
        sa.Column("payer", sa.String(11)),
        sa.Column("city", sa.String(40)),
        sa.Column("service_id", sa.String(40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("charged_fen", sa.Integer()),
        sa.Column("basis", sa.String(10), nullable=False),
        sa.Column("retrieved", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("complaint_id", BigKey),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("decided_at", UTCDateTime()),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("batch", sa.String(20), nullable=False, server_default=""),
        sa.Column("handed_by", sa.String(80)),
        sa.Column("handed_at", UTCDateTime()),
        sa.Column("closed_by", sa.String(80)),
        sa.Column("closed_at", UTCDateTime()),
    )
    op.create_index("uq_refunds_charge", "refunds", ["reader_id", "service_id", "month"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("uq_refunds_key", "refunds", ["key"], unique=True)
    op.create_index("ix_refunds_state", "refunds", ["state", "asked_at", "id"])
    op.create_index("ix_refunds_reader", "refunds", ["reader_id", "month"])
    op.create_index("ix_refunds_month", "refunds", ["month"])
    op.create_index("ix_refunds_batch", "refunds", ["batch"])
    op.create_table(
        "standard_answers",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_standard_answers_name", "standard_answers", ["name", "id"])


def downgrade() -> None:
    op.drop_table("standard_answers")
    op.drop_table("refunds")
    op.drop_table("bill_charges")
