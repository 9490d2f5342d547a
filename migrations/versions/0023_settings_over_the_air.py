"""Settings over the air: Push PDUs beside the texts to single readers, what was sent to whom and who confirmed

Only adds a column and a table.

Revision: 0023
Follows: 0022
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reader_replies", sa.Column("push", sa.LargeBinary))
    op.create_table(
        "settings_pushes",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("reader_id", sa.BigInteger, nullable=False),
        sa.Column("attempt_id", sa.BigInteger),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("security", sa.String(12), nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
        sa.Column("confirmed_at", UTCDateTime),
        sa.Column("confirmed_by", sa.String(80), nullable=False),
    )
    op.create_index("ix_settings_pushes_reader", "settings_pushes", ["reader_id", "confirmed_at"])


def downgrade() -> None:
    op.drop_index("ix_settings_pushes_reader", "settings_pushes")
    op.drop_table("settings_pushes")
    op.drop_column("reader_replies", "push")
