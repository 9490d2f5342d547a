"""By which design a publication's editions are set

Only adds: one column. The designs themselves lie in the folders and, as each version was imported with, among the assets.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publications", sa.Column("design", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("publications", "design")
