"""Who came and went, who pays and got nothing; who can take an MMS and who fetches

Only adds.

Revision: 0039
Follows: 0038
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

COUNTED = ("with_mms", "handset_unknown", "retrieving")


def upgrade() -> None:
    op.create_table(
        "reader_moves",
        sa.Column("event_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.String(40), nullable=False),
        sa.Column("city", sa.String(40), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("cause", sa.String(12), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_reader_moves_day", "reader_moves", ["day", "event_id"])
    op.create_index("ix_reader_moves_reader", "reader_moves", ["reader_id"])
    op.create_table(
        "reader_marks",
        sa.Column("mark", sa.String(10), primary_key=True),
        sa.Column("reader_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("service_id", sa.String(40), primary_key=True),
        sa.Column("city", sa.String(40), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("arrived_at", UTCDateTime()),
        sa.Column("price_fen", sa.Integer()),
        sa.Column("sending", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_reader_marks_reader", "reader_marks", ["reader_id"])
    op.create_table(
        "overview_rounds",
        sa.Column("name", sa.String(10), primary_key=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("last_id", BigKey, nullable=False),
    )
    op.create_index("ix_service_orders_reader", "service_orders", ["reader_id"])
    for name in COUNTED:
        op.add_column("readership_days", sa.Column(name, sa.Integer()))


def downgrade() -> None:
    for name in COUNTED:
        op.drop_column("readership_days", name)
    op.drop_index("ix_service_orders_reader", "service_orders")
    op.drop_table("overview_rounds")
    op.drop_index("ix_reader_marks_reader", "reader_marks")
    op.drop_table("reader_marks")
    op.drop_index("ix_reader_moves_reader", "reader_moves")
    op.drop_index("ix_reader_moves_day", "reader_moves")
    op.drop_table("reader_moves")
