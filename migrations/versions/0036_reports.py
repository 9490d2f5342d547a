"""Mails with reports; dispatches by their day, complaints by their edition

Only adds.

Revision: 0036
Follows: 0035
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

WAITING = sa.text("state IN ('waiting', 'leaving')")


def upgrade() -> None:
    op.create_table(
        "report_mails",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("span", sa.Date(), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("left_at", UTCDateTime()),
        sa.Column("sent_at", UTCDateTime()),
        sa.Column("error", sa.String(300), nullable=False),
        sa.UniqueConstraint("kind", "span", "address"),
    )
    op.create_index("ix_report_mails_waiting", "report_mails", ["due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_dispatches_day", "dispatches", ["day"])
    op.create_index("ix_complaints_edition", "complaints", ["edition_id"])


def downgrade() -> None:
    op.drop_index("ix_complaints_edition", "complaints")
    op.drop_index("ix_dispatches_day", "dispatches")
    op.drop_table("report_mails")
