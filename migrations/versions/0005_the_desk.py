"""The desk: the life of editions, approvals, locks, comments, screening, leaders and checklists

Only adds: tables that the release before does not know.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leaders",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaders")),
        sa.UniqueConstraint("name", "title", name=op.f("uq_leaders_name_title")),
    )
    op.create_table(
        "screen_words",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("listed_in", sa.String(length=60), nullable=False),
        sa.Column("word", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=240), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("advice", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_words")),
        sa.UniqueConstraint("listed_in", "folded", name=op.f("uq_screen_words_listed_in_folded")),
    )
    op.create_table(
        "desks",
        sa.Column("publication_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("checklist", Document, nullable=False),
        sa.Column("deputies", Document, nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name=op.f("fk_desks_publication_id")),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_desks")),
    )
    op.create_table(
        "edition_locks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("section", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_locks_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_locks")),
        sa.UniqueConstraint("edition_id", "section", name=op.f("uq_edition_locks_edition_id_section")),
    )
    op.create_table(
        "edition_transitions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=True),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_transitions_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_transitions")),
    )
    op.create_index("ix_edition_transitions_edition", "edition_transitions", ["edition_id", "id"], unique=False)
    op.create_table(
        "screening_rulings",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("found", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_screening_rulings_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_rulings")),
        sa.UniqueConstraint("edition_id", "mark", name=op.f("uq_screening_rulings_edition_id_mark")),
    )
    op.create_table(
        "checklist_ticks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("point", sa.String(length=200), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_checklist_ticks_edition_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_ticks")),
        sa.UniqueConstraint("edition_version_id", "point", name=op.f("uq_checklist_ticks_edition_version_id_point")),
    )
    op.create_table(
        "edition_approvals",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bound", Document, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_approvals_edition_id")),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_edition_approvals_edition_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_approvals")),
    )
    op.create_index("ix_edition_approvals_edition", "edition_approvals", ["edition_id", "id"], unique=False)
    op.create_table(
        "edition_comments",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("item", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("resolved_at", UTCDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=80), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_comments_edition_id")),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_edition_comments_edition_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_comments")),
    )
    op.create_index("ix_edition_comments_edition", "edition_comments", ["edition_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_edition_comments_edition", table_name="edition_comments")
    op.drop_table("edition_comments")
    op.drop_index("ix_edition_approvals_edition", table_name="edition_approvals")
    op.drop_table("edition_approvals")
    op.drop_table("checklist_ticks")
    op.drop_table("screening_rulings")
    op.drop_index("ix_edition_transitions_edition", table_name="edition_transitions")
    op.drop_table("edition_transitions")
    op.drop_table("edition_locks")
    op.drop_table("desks")
    op.drop_table("screen_words")
    op.drop_table("leaders")
