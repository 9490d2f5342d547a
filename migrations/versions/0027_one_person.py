"""Two readers who are one person: the past of one belongs to the other

Only adds.

Revision: 0027
Follows: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

JOINED = sa.text("joined_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("readers", sa.Column("joined_id", sa.BigInteger()))
    op.create_index("ix_readers_joined", "readers", ["joined_id"], sqlite_where=JOINED, postgresql_where=JOINED)


def downgrade() -> None:
    op.drop_index("ix_readers_joined", "readers")
    op.drop_column("readers", "joined_id")
