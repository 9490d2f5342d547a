"""Quizzes, readers' answers, draws, and the texts that answer a reader

Only adds: five tables.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTS, WAITING = sa.text("outcome = 'counted'"), sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "quizzes",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("edition_id", BigKey, sa.ForeignKey("editions.id"), nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("item_key", sa.String(200), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("choices", Document, nullable=False),
        sa.Column("answer", sa.Integer, nullable=False),
        sa.Column("reply_to", sa.String(40), nullable=False),
        sa.Column("keyword", sa.String(40), nullable=False),
        sa.Column("winners", sa.Integer, nullable=False),
        sa.Column("opened_at", UTCDateTime, nullable=False),
        sa.Column("closes_at", UTCDateTime, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.UniqueConstraint("edition_id", "item_key"),
    )
    op.create_index("ix_quizzes_number", "quizzes", ["reply_to", "closes_at"])
    op.create_table(
        "quiz_answers",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("quiz_id", BigKey, sa.ForeignKey("quizzes.id"), nullable=False),
        sa.Column("msisdn", sa.String(11)),
        sa.Column("choice", sa.Integer),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("received_at", UTCDateTime, nullable=False),
    )
    op.create_index("uq_quiz_answers_counted", "quiz_answers", ["quiz_id", "msisdn"], unique=True, sqlite_where=COUNTS, postgresql_where=COUNTS)
    op.create_index("ix_quiz_answers_msisdn", "quiz_answers", ["msisdn", "quiz_id"])
    op.create_index("ix_quiz_answers_quiz", "quiz_answers", ["quiz_id", "outcome"])
    op.create_table(
        "quiz_draws",
        sa.Column("quiz_id", BigKey, sa.ForeignKey("quizzes.id"), primary_key=True, autoincrement=False),
        sa.Column("algorithm", sa.String(40), nullable=False),
        sa.Column("seed", sa.String(200), nullable=False),
        sa.Column("seed_kind", sa.String(10), nullable=False),
        sa.Column("pool_sha256", sa.String(64), nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("right", sa.Integer, nullable=False),
        sa.Column("pool", sa.Integer, nullable=False),
        sa.Column("left_out", Document, nullable=False),
        sa.Column("winners", sa.Integer, nullable=False),
        sa.Column("drawn_at", UTCDateTime, nullable=False),
        sa.Column("drawn_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "quiz_places",
        sa.Column("quiz_id", BigKey, sa.ForeignKey("quiz_draws.quiz_id"), primary_key=True, autoincrement=False),
        sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", BigKey, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("changed_at", UTCDateTime, nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.UniqueConstraint("quiz_id", "entry"),
    )
    op.create_table(
        "reader_replies",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("key", sa.String(80), nullable=False, unique=True),
        sa.Column("port_id", sa.Integer, nullable=False),
        sa.Column("number", sa.String(11), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
        sa.Column("left_at", UTCDateTime),
        sa.Column("answered_at", UTCDateTime),
        sa.Column("status_code", sa.Integer),
        sa.Column("status_text", sa.String(200), nullable=False),
    )
    op.create_index("ix_reader_replies_waiting", "reader_replies", ["port_id", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_reader_replies_number", "reader_replies", ["number"])


def downgrade() -> None:
    for name in ("reader_replies", "quiz_places", "quiz_draws", "quiz_answers", "quizzes"):
        op.drop_table(name)
