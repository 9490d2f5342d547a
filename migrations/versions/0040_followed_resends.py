"""Resends that did not arrive are looked after by somebody

Only adds.

Revision: 0040
Follows: 0039
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import UTCDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resends", sa.Column("followed_at", UTCDateTime()))
    op.add_column("resends", sa.Column("followed_by", sa.String(80)))
    op.create_index("ix_resends_requested", "resends", ["requested_at"])


def downgrade() -> None:
    op.drop_index("ix_resends_requested", "resends")
    op.drop_column("resends", "followed_by")
    op.drop_column("resends", "followed_at")
