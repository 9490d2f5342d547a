"""What handsets can do: records by source, the names of a model, TACs, the model behind each reader

Only adds: every new column has a default in the database, so that the release before runs beside this one. What was given as a
class before stays given.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import Document

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handsets", sa.Column("records", Document, nullable=False, server_default="{}"))
    op.add_column("handsets", sa.Column("given_class", sa.String(length=20), nullable=True))
    op.add_column("handsets", sa.Column("class_rule", sa.String(length=80), nullable=False, server_default=""))
    op.execute("UPDATE handsets SET given_class = handset_class")  # until now a class was always given
    op.add_column("readers", sa.Column("handset_model", sa.String(length=120), nullable=True))
    op.create_table(
        "handset_names",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", "model", name=op.f("pk_handset_names")),
    )
    op.create_table(
        "handset_tacs",
        sa.Column("tac", sa.String(length=8), nullable=False),
        sa.Column("brand", sa.String(length=80), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("aka", Document, nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("tac", name=op.f("pk_handset_tacs")),
    )


def downgrade() -> None:
    op.drop_table("handset_tacs")
    op.drop_table("handset_names")
    op.drop_column("readers", "handset_model")
    op.drop_column("handsets", "class_rule")
    op.drop_column("handsets", "given_class")
    op.drop_column("handsets", "records")
