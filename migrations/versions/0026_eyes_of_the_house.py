"""Alarms: their history, silence and notice; what checks saw, who is told, who is on duty; traces across processes

Only adds.

Revision: 0026
Follows: 0025
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, UTCDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UNTOLD = sa.text("NOT told")
WAITING = sa.text("state IN ('waiting', 'leaving')")


def _added() -> tuple[sa.Column, ...]:
    return (
        sa.Column("taken_at", UTCDateTime()),
        sa.Column("silenced_until", UTCDateTime()),
        sa.Column("silenced_by", sa.String(80)),
        sa.Column("silence_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("closed_by", sa.String(80)),
        sa.Column("notice", sa.Text(), nullable=False, server_default=""),
    )


def upgrade() -> None:
    for column in _added():
        op.add_column("alarms", column)
    op.create_index("ix_alarms_incidents", "alarms", ["kind", "key", "id"])
    op.create_index("ix_alarms_closed", "alarms", ["closed_at", "id"])
    op.create_table(
        "alarm_events",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("alarm_id", BigKey, sa.ForeignKey("alarms.id", ondelete="CASCADE"), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_alarm_events_alarm", "alarm_events", ["alarm_id", "id"])
    op.create_index("ix_alarm_events_untold", "alarm_events", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)
    op.execute(  # what is open has a beginning, and nobody is told of it a second time
        sa.text("INSERT INTO alarm_events (alarm_id, what, at, by, text, told) SELECT id, 'opened', first_seen_at, 'huabao', text, true FROM alarms")
    )
    op.create_table(
        "alarm_watches",
        sa.Column("kind", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "alarm_recipients",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("channel", "address", name="uq_alarm_recipients_channel_address"),
    )
    op.create_table(
        "duty_shifts",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_duty_shifts_ends", "duty_shifts", ["ends_at", "starts_at"])
    op.create_table(
        "alarm_notices",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("event_id", BigKey, sa.ForeignKey("alarm_events.id", ondelete="CASCADE"), nullable=False),
        sa.Column("recipient_id", BigKey, sa.ForeignKey("alarm_recipients.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("left_at", UTCDateTime()),
        sa.Column("sent_at", UTCDateTime()),
        sa.Column("message_id", sa.String(60), nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.UniqueConstraint("event_id", "recipient_id", name="uq_alarm_notices_event_id_recipient_id"),
    )
    op.create_index("ix_alarm_notices_waiting", "alarm_notices", ["due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_alarm_notices_recipient", "alarm_notices", ["recipient_id", "sent_at"])
    op.create_table(
        "trace_contexts",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("object_id", BigKey, primary_key=True, autoincrement=False),
        sa.Column("parent", sa.String(60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_trace_contexts_at", "trace_contexts", ["at"])


def downgrade() -> None:
    for table in ("trace_contexts", "alarm_notices", "duty_shifts", "alarm_recipients", "alarm_watches", "alarm_events"):
        op.drop_table(table)
    op.drop_index("ix_alarms_closed", "alarms")
    op.drop_index("ix_alarms_incidents", "alarms")
    for column in reversed(_added()):
        op.drop_column("alarms", column.name)
