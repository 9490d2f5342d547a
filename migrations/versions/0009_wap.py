"""The key that signs links of WAP pages, and forms of readers that were sent

Only adds: two tables, and the key.

Revision: 0009
Follows: 0008
"""

import secrets

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keys = op.create_table(
        "signing_keys",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )
    op.bulk_insert(keys, [{"name": "wap", "key": secrets.token_bytes(32)}])
    op.create_table(
        "wap_forms",
        sa.Column("form_sha256", sa.String(64), primary_key=True),
        sa.Column("reader_id", BigKey, sa.ForeignKey("readers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("sent_at", UTCDateTime, nullable=False),
    )
    op.create_index("ix_wap_forms_sent_at", "wap_forms", ["sent_at"])


def downgrade() -> None:
    op.drop_table("wap_forms")
    op.drop_table("signing_keys")
