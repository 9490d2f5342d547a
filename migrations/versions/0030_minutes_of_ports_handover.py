"""What left through a port minute by minute, what one shift tells the next, and the audit trail by person, action and day

Only adds: two tables, and indexes.

Revision: 0030
Follows: 0029
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TRAIL = {"at": ["at", "id"], "actor": ["actor", "at", "id"], "action": ["action", "at", "id"], "kind": ["object_kind", "at", "id"]}


def upgrade() -> None:
    op.create_table(
        "port_minutes",
        sa.Column("port_id", sa.Integer, sa.ForeignKey("ports.id"), primary_key=True, autoincrement=False),
        sa.Column("minute", UTCDateTime(), primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("submissions", "recipients", "units", "refused", "deferred", "unknown")),
        sa.Column("first_id", sa.BigInteger, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("last_failed_id", sa.BigInteger),
    )
    op.create_index("ix_port_minutes_minute", "port_minutes", ["minute"])
    op.create_table(
        "handover_notes",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(80)),
        sa.Column("taken_at", UTCDateTime()),
    )
    op.create_index("ix_handover_notes_at", "handover_notes", ["at", "id"])
    for name, columns in TRAIL.items():
        op.create_index(f"ix_audit_entries_{name}", "audit_entries", columns)


def downgrade() -> None:
    for name in TRAIL:
        op.drop_index(f"ix_audit_entries_{name}", "audit_entries")
    for table in ("handover_notes", "port_minutes"):
        op.drop_table(table)
