"""Texts that ask to stop are found by an index; answers to quizzes belong to a reader, not to a number

Adds indexes and a column. What asked to stop before is noted as before: nobody ends an order months later. The index
that let one answer of a number count lets one of a reader count, and of a number that is nobody's.

Revision: 0024
Follows: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

COUNTED = "outcome = 'counted'"
STOPS = sa.text("status = 'stop-asked'")
SILENT = sa.text("state = 'silent' AND inbound_id IS NULL")
OF_READER = sa.text(f"{COUNTED} AND reader_id IS NOT NULL")
OF_NOBODY = sa.text(f"{COUNTED} AND reader_id IS NULL")

HAD = """
UPDATE quiz_answers SET reader_id = (
  SELECT n.reader_id FROM reader_numbers n WHERE n.msisdn = quiz_answers.msisdn
    AND (n.since IS NULL OR n.since <= quiz_answers.received_at) AND (n.until IS NULL OR n.until > quiz_answers.received_at) LIMIT 1)
"""
HAS = """
UPDATE quiz_answers SET reader_id = (SELECT r.id FROM readers r WHERE r.msisdn = quiz_answers.msisdn)
WHERE reader_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM reader_numbers n WHERE n.msisdn = quiz_answers.msisdn AND (n.until > quiz_answers.received_at OR n.since > quiz_answers.received_at))
"""
TWICE = """
UPDATE quiz_answers SET reader_id = NULL WHERE outcome = 'counted' AND EXISTS (
  SELECT 1 FROM quiz_answers o WHERE o.quiz_id = quiz_answers.quiz_id AND o.reader_id = quiz_answers.reader_id AND o.outcome = 'counted' AND o.id < quiz_answers.id)
"""


def upgrade() -> None:
    op.execute("UPDATE inbound_messages SET status = 'stop-noted' WHERE status = 'stop-asked'")
    op.create_index("ix_inbound_messages_stops", "inbound_messages", ["id"], sqlite_where=STOPS, postgresql_where=STOPS)
    op.create_index("ix_order_confirmations_silent", "order_confirmations", ["answered_at"], sqlite_where=SILENT, postgresql_where=SILENT)
    op.add_column("quiz_answers", sa.Column("reader_id", sa.BigInteger))
    for statement in (HAD, HAS, TWICE):
        op.execute(statement)
    op.drop_index("uq_quiz_answers_counted", "quiz_answers")
    op.create_index("uq_quiz_answers_counted", "quiz_answers", ["quiz_id", "reader_id"], unique=True, sqlite_where=OF_READER, postgresql_where=OF_READER)
    op.create_index("uq_quiz_answers_counted_nobody", "quiz_answers", ["quiz_id", "msisdn"], unique=True, sqlite_where=OF_NOBODY, postgresql_where=OF_NOBODY)
    op.create_index("ix_quiz_answers_reader", "quiz_answers", ["reader_id", "quiz_id"])


def downgrade() -> None:
    op.drop_index("ix_quiz_answers_reader", "quiz_answers")
    op.drop_index("uq_quiz_answers_counted_nobody", "quiz_answers")
    op.drop_index("uq_quiz_answers_counted", "quiz_answers")
    op.create_index("uq_quiz_answers_counted", "quiz_answers", ["quiz_id", "msisdn"], unique=True, sqlite_where=sa.text(COUNTED), postgresql_where=sa.text(COUNTED))
    with op.batch_alter_table("quiz_answers") as table:
        table.drop_column("reader_id")
    op.drop_index("ix_order_confirmations_silent", "order_confirmations")
    op.drop_index("ix_inbound_messages_stops", "inbound_messages")
