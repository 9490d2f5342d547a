"""The table of the readers' handsets is counted from an index

Only adds: an index that holds all that the count asks for.

Revision: 0015
Follows: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_readers_handsets", "readers", ["handset_model", "handset", "handset_class"])


def downgrade() -> None:
    op.drop_index("ix_readers_handsets", "readers")
