"""Recalls that wait are found by their port, and answered ones by their time

Only adds: two indexes of a table that grows by what is called back, and of which the first holds only what waits.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_index("ix_recalls_waiting", "recalls", ["port_id", "kind", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_recalls_answered", "recalls", ["answered_at"])


def downgrade() -> None:
    op.drop_index("ix_recalls_answered", "recalls")
    op.drop_index("ix_recalls_waiting", "recalls")
