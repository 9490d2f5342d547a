"""The console's lists: open stops and open differences, the oldest first, page by page

Only adds indexes.

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STOPS, DIFFERENCES = sa.text("ended_at IS NULL"), sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_delivery_stops_open_since", "delivery_stops", ["stopped_at", "id"], sqlite_where=STOPS, postgresql_where=STOPS)
    op.create_index("ix_reconcile_differences_open_since", "reconcile_differences", ["first_day", "id"], sqlite_where=DIFFERENCES, postgresql_where=DIFFERENCES)


def downgrade() -> None:
    op.drop_index("ix_reconcile_differences_open_since", "reconcile_differences")
    op.drop_index("ix_delivery_stops_open_since", "delivery_stops")
