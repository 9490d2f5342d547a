"""Dispatches as each city saw them; reports of a city by mail

Only adds.

Revision: 0038
Follows: 0037
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch_cities",
        sa.Column("dispatch_id", BigKey, primary_key=True, autoincrement=False),
        sa.Column("city", sa.String(40), primary_key=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("excluded", sa.BigInteger(), nullable=False),
        sa.Column("figures", Document, nullable=False),
    )
    op.create_index("ix_dispatch_cities_city", "dispatch_cities", ["city", "dispatch_id"])
    op.add_column("report_mails", sa.Column("cities", Document))


def downgrade() -> None:
    op.drop_column("report_mails", "cities")
    op.drop_index("ix_dispatch_cities_city", "dispatch_cities")
    op.drop_table("dispatch_cities")
