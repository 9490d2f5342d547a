"""Dispatches broken down by port, class, city, variant and code; how late, and why

Only adds; a dispatch that is open, or closed a day ago at most, is counted by the next round.

Revision: 0033
Follows: 0032
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch_tallies",
        sa.Column("dispatch_id", BigKey, primary_key=True, autoincrement=False),
        sa.Column("scope", sa.String(12), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("outcome", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("readers", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "dispatch_tallied",
        sa.Column("dispatch_id", BigKey, primary_key=True, autoincrement=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("cost_s", sa.Double(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("dispatch_tallied")
    op.drop_table("dispatch_tallies")
