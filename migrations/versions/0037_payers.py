"""Who paid is found by his number in the history too: bills come after payers have changed

Only adds an index.

Revision: 0037
Follows: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = sa.text("fee_msisdn IS NOT NULL")
    op.create_index("ix_subscription_events_payer", "subscription_events", ["fee_msisdn"], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_subscription_events_payer", "subscription_events")
