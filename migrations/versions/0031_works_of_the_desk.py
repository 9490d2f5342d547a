"""What the desk asks for that takes longer than a page, and the files that come of it

Only adds tables.

Revision: 0031
Follows: 0030
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_works",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("edition_id", BigKey, sa.ForeignKey("editions.id"), nullable=False),
        sa.Column("edition_version_id", BigKey, sa.ForeignKey("edition_versions.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("args", Document, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
        sa.Column("finished_at", UTCDateTime, nullable=True),
        sa.Column("result", Document, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_index("ix_desk_works_edition", "desk_works", ["edition_id", "kind", "id"])
    op.create_table(
        "desk_files",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("work_id", BigKey, sa.ForeignKey("desk_works.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(80), nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("about", Document, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_desk_files_work", "desk_files", ["work_id"])


def downgrade() -> None:
    op.drop_table("desk_files")
    op.drop_table("desk_works")
