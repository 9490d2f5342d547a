"""When a batch may leave by its dispatch's own rate, apart from the hour that its readers wish

Only adds; batches of a dispatch that is under way keep the instants that they have.

Revision: 0034
Follows: 0033
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import UTCDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("paced_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("batches", "paced_at")
