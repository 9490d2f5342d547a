"""The delivery engine: seeds, stages, lanes, brakes, resends, recalls; ports that pace themselves

Only adds: every new column has a default in the database, so that the release before runs beside this one.

Revision: 0002
Follows: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """New columns by table."""
    return {
        "batches": (
            sa.Column("stage", sa.SmallInteger(), nullable=False, server_default="3"),
            sa.Column("lane", sa.String(length=10), nullable=False, server_default="bulk"),
            sa.Column("handset_class", sa.String(length=20), nullable=False, server_default=""),
            sa.Column("not_before", UTCDateTime(), nullable=True),
            sa.Column("held", sa.String(length=200), nullable=True),
        ),
        "delivery_events": (sa.Column("outcome", sa.SmallInteger(), nullable=True),),
        "deliveries": (sa.Column("route", sa.SmallInteger(), nullable=False, server_default="0"),),
        "dispatches": (
            sa.Column("kind", sa.String(length=12), nullable=False, server_default="edition"),
            sa.Column("lane", sa.String(length=10), nullable=False, server_default="bulk"),
            sa.Column("parent_id", BigKey, nullable=True),
            sa.Column("seed_group", sa.String(length=40), nullable=True),
            sa.Column("gate", Document, nullable=False, server_default="{}"),
            sa.Column("stage", sa.SmallInteger(), nullable=False, server_default="3"),
            sa.Column("idempotency_key", sa.String(length=120), nullable=True),
            sa.Column("rate", sa.Double(), nullable=True),
        ),
        "ports": (
            sa.Column("hours", sa.String(length=80), nullable=False, server_default=""),
            sa.Column("service_codes", Document, nullable=False, server_default="[]"),
            sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="0"),
            sa.Column("cost_fen_per_1000", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("contract", Document, nullable=False, server_default="{}"),
            sa.Column("state_at", UTCDateTime(), nullable=True),
            sa.Column("rate_factor", sa.Double(), nullable=False, server_default="1"),
            sa.Column("rate_factor_at", UTCDateTime(), nullable=True),
            sa.Column("breaker", sa.String(length=10), nullable=False, server_default="closed"),
            sa.Column("breaker_at", UTCDateTime(), nullable=True),
            sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        ),
        "submissions": (sa.Column("again_ids", sa.LargeBinary(), nullable=True), sa.Column("printed_id", sa.String(length=200), nullable=True),),
        "publications": (
            sa.Column("send_window", sa.String(length=40), nullable=False, server_default=""),
            sa.Column("seed_missing", sa.String(length=10), nullable=False, server_default=""),
            sa.Column("reserve_edition_id", BigKey, nullable=True),
        ),
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_dispatches_parent_id", "dispatches", ["parent_id"])
    op.create_index("uq_dispatches_idempotency_key", "dispatches", ["idempotency_key"], unique=True)
    op.create_table(
        "port_rate_changes",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], name=op.f("fk_port_rate_changes_port_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_port_rate_changes")),
    )
    op.create_index("ix_port_rate_changes_port_id", "port_rate_changes", ["port_id"])
    op.create_table(
        "expected_gains",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("publication_id", BigKey, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("cancelled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name=op.f("fk_expected_gains_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_gains")),
    )
    op.create_index("ix_expected_gains_publication_id", "expected_gains", ["publication_id"])
    op.create_table(
        "brakes",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("dispatch_id", BigKey, nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("released_at", UTCDateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=80), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name=op.f("fk_brakes_dispatch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brakes")),
    )
    op.create_index("ix_brakes_dispatch", "brakes", ["dispatch_id"])
    op.create_table(
        "seed_groups",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("segment", sa.String(length=80), nullable=True),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_seed_groups")),
    )
    op.create_table(
        "seeds",
        sa.Column("group_name", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=11), nullable=False),
        sa.Column("handset_class", sa.String(length=20), nullable=True),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_name"], ["seed_groups.name"], name=op.f("fk_seeds_group_name"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_name", "msisdn", name=op.f("pk_seeds")),
    )
    op.create_table(
        "resends",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey, nullable=True),
        sa.Column("filter", Document, nullable=True),
        sa.Column("dispatch_id", BigKey, nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("refusal", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_resends_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resends")),
        sa.UniqueConstraint("key", name=op.f("uq_resends_key")),
    )
    op.create_index("ix_resends_reader", "resends", ["reader_id", "edition_id"])
    op.create_table(
        "withdrawals",
        sa.Column("dispatch_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("reader_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("dispatch_id", "reader_id", name=op.f("pk_withdrawals")),
    )
    op.create_table(
        "submission_parts",
        sa.Column("submission_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("status_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("submission_id", "number", name=op.f("pk_submission_parts")),
    )
    op.create_index("ix_submission_parts_message", "submission_parts", ["port_id", "message_id"])
    op.create_table(
        "recalls",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("dispatch_id", BigKey, nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("variant_id", BigKey, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("transaction_id", sa.String(length=40), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("status_text", sa.String(length=200), nullable=True),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("left_at", UTCDateTime(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalls")),
        sa.UniqueConstraint("submission_id", "kind", name=op.f("uq_recalls_submission_id_kind")),
    )
    op.create_index("ix_recalls_dispatch", "recalls", ["dispatch_id", "state"])
    op.create_table(
        "api_tokens",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("rate_per_min", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_tokens_token_sha256")),
    )
    op.create_table(
        "api_answers",
        sa.Column("token_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_api_answers_token_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_api_answers")),
    )
    op.create_index("ix_api_answers_asked_at", "api_answers", ["asked_at"])


def downgrade() -> None:
    for table in ("api_answers", "api_tokens", "recalls", "submission_parts", "withdrawals", "resends", "seeds", "seed_groups", "brakes", "expected_gains", "port_rate_changes"):
        op.drop_table(table)
    op.drop_index("uq_dispatches_idempotency_key", "dispatches")
    op.drop_index("ix_dispatches_parent_id", "dispatches")
    for table, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
