"""What was lost with its worker how often: a job or a batch that ends the process again and again is found

Only adds: every new column has a default in the database, so that the release before runs beside this one.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("jobs", "batches")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("losses", sa.SmallInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_column(table, "losses")
