"""What the SMSC called a text that answers a reader, so that the ledger knows it there

Only adds: one column.

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reader_replies", sa.Column("message_id", sa.String(120)))


def downgrade() -> None:
    with op.batch_alter_table("reader_replies") as table:
        table.drop_column("message_id")
