"""Who is not sent to, and whose account is not normal: few of a province, found without reading all of it

Only adds indexes.

Revision: 0025
Follows: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ACCOUNTS, STOPS = sa.text("account_state <> 'normal'"), sa.text("stop_state <> 'sending'")


def upgrade() -> None:
    op.create_index("ix_readers_account", "readers", ["id"], sqlite_where=ACCOUNTS, postgresql_where=ACCOUNTS)
    op.create_index("ix_subscriptions_stop", "subscriptions", ["reader_id", "service_id"], sqlite_where=STOPS, postgresql_where=STOPS)


def downgrade() -> None:
    op.drop_index("ix_subscriptions_stop", "subscriptions")
    op.drop_index("ix_readers_account", "readers")
