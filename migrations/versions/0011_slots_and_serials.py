"""Where a reader's own words go into a built message, and how a comic is carried on

Only adds: two columns.

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import Document

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("variant_payloads", sa.Column("slots", Document, nullable=True))
    op.add_column("publications", sa.Column("serial", sa.String(10), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("publications", "serial")
    op.drop_column("variant_payloads", "slots")
