"""Editions written in the console: the draft as it is, and what it was before

Only adds tables.

Revision: 0028
Follows: 0027
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition_drafts",
        sa.Column("edition_id", BigKey, sa.ForeignKey("editions.id"), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("issue_date", sa.Date, nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("base_version_id", BigKey, nullable=True),
        sa.Column("kept_revision", sa.Integer, nullable=True),
        sa.Column("saved_at", UTCDateTime, nullable=False),
        sa.Column("saved_by", sa.String(80), nullable=False),
    )
    op.create_index("ix_edition_drafts_issue_date", "edition_drafts", ["issue_date"])
    op.create_table(
        "draft_revisions",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("edition_id", BigKey, sa.ForeignKey("editions.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("parts", Document, nullable=False),
        sa.Column("note", sa.String(20), nullable=False),
        sa.Column("begun_at", UTCDateTime, nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
    )
    op.create_index("ix_draft_revisions_edition", "draft_revisions", ["edition_id", "revision"])


def downgrade() -> None:
    op.drop_table("draft_revisions")
    op.drop_table("edition_drafts")
