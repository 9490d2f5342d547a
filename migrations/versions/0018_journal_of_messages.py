"""What peers say is kept, sealed with keys; MISC-like peers are configured; requests to MISC that are under way

Only adds: four tables.

Revision: 0018
Follows: 0017
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_keys",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey),
        sa.Column("day", sa.Date()),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_message_keys_reader", "message_keys", ["reader_id"], unique=True)
    op.create_index("uq_message_keys_day", "message_keys", ["day"], unique=True)
    op.create_table(
        "exchange_messages",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("peer", sa.String(20), nullable=False),
        sa.Column("codec", sa.String(10), nullable=False),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("transaction_id", sa.String(80), nullable=False),
        sa.Column("dialect", sa.String(40), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("key_id", BigKey, nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("answer_code", sa.String(20), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exchange_messages_transaction", "exchange_messages", ["transaction_id"])
    op.create_index("ix_exchange_messages_key", "exchange_messages", ["key_id"])
    op.create_index("ix_exchange_messages_received", "exchange_messages", ["received_at"])
    op.create_index("ix_exchange_messages_verdict", "exchange_messages", ["verdict", "id"])
    op.create_table(
        "misc_peers",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("options", Document, nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_misc_peers")),
    )
    op.create_table(
        "misc_asked",
        sa.Column("transaction_id", sa.String(40), nullable=False),
        sa.Column("peer", sa.String(20), nullable=False),
        sa.Column("msisdn", sa.String(11), nullable=False),
        sa.Column("service_id", sa.String(40), nullable=False),
        sa.Column("event", sa.String(10), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("called_as", sa.String(80)),
        sa.Column("called_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_misc_asked")),
    )
    op.create_index("ix_misc_asked_msisdn", "misc_asked", ["msisdn"])


def downgrade() -> None:
    for table in ("misc_asked", "misc_peers", "exchange_messages", "message_keys"):
        op.drop_table(table)
