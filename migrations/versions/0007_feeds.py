"""Sources of news and what came from them

Only adds: two tables.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_sources",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("publication_id", BigKey, sa.ForeignKey("publications.id"), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("folder", sa.Text),
        sa.Column("section", sa.String(60), nullable=False),
        sa.Column("cap", sa.Integer),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("permitted", sa.Boolean, nullable=False),
        sa.Column("fallback", sa.Boolean, nullable=False),
        sa.Column("level", sa.String(20)),
        sa.Column("topics", Document, nullable=False),
        sa.Column("segment", sa.String(80)),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("last_modified", sa.Text, nullable=False),
        sa.Column("fetched_at", UTCDateTime),
        sa.Column("arrived_at", UTCDateTime),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sa.UniqueConstraint("publication_id", "name"),
    )
    op.create_table(
        "feed_items",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("source_id", BigKey, sa.ForeignKey("feed_sources.id", ondelete="CASCADE"), nullable=False),
        sa.Column("guid_sha256", sa.String(64), nullable=False),
        sa.Column("guid", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("pictures", Document, nullable=False),
        sa.Column("origin", sa.String(80), nullable=False),
        sa.Column("topics", Document, nullable=False),
        sa.Column("published_at", UTCDateTime),
        sa.Column("updated_at", UTCDateTime),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("first_seen_at", UTCDateTime, nullable=False),
        sa.Column("changed_at", UTCDateTime, nullable=False),
        sa.UniqueConstraint("source_id", "guid_sha256"),
    )
    op.create_index("ix_feed_items_changed", "feed_items", ["source_id", "changed_at"])


def downgrade() -> None:
    op.drop_table("feed_items")
    op.drop_table("feed_sources")
