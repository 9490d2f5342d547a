"""What the desk has before dawn: plans of sections, shares of levels, days without colour, forecasts, a phone for each account, when feeds are due

Only adds: two tables and six columns.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("desks", sa.Column("shares", Document, nullable=False, server_default="{}"))
    op.add_column("desks", sa.Column("sections", Document, nullable=False, server_default="[]"))
    op.add_column("users", sa.Column("msisdn", sa.String(20)))
    op.add_column("feed_sources", sa.Column("every_min", sa.Integer))
    op.add_column("feed_sources", sa.Column("expected_at", sa.String(5), nullable=False, server_default=""))
    op.add_column("feed_sources", sa.Column("asked_at", UTCDateTime))
    op.create_table(
        "grey_days",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("day", sa.Date, nullable=False, index=True),
        sa.Column("publication_id", BigKey, sa.ForeignKey("publications.id")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
    )
    op.create_table(
        "forecasts",
        sa.Column("city", sa.String(40), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("low_c", sa.Integer, nullable=False),
        sa.Column("high_c", sa.Integer, nullable=False),
        sa.Column("sky", sa.String(40), nullable=False),
        sa.Column("wind", sa.String(40), nullable=False),
        sa.Column("imported_at", UTCDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("forecasts")
    op.drop_table("grey_days")
    op.drop_column("feed_sources", "asked_at")
    op.drop_column("feed_sources", "expected_at")
    op.drop_column("feed_sources", "every_min")
    op.drop_column("users", "msisdn")
    op.drop_column("desks", "sections")
    op.drop_column("desks", "shares")
