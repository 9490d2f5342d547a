"""Files that came, runs of the reconciliation, what differs and what was done about it

Only adds: four tables.

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")
PLANNED = sa.text("state = 'planned'")
UNCHECKED = sa.text("outcome = '' AND state IN ('done', 'asked', 'told')")


def _texts(**sizes: int) -> list[sa.Column]:
    return [sa.Column(name, sa.String(size), nullable=False) for name, size in sizes.items()]


def _instants(*names: str) -> list[sa.Column]:
    return [sa.Column(name, UTCDateTime()) for name in names]


def _index(name: str, columns: list[str], where: sa.TextClause | None = None, *, unique: bool = False) -> None:
    op.create_index(name, name.split("_", 1)[1].rsplit("_", 1)[0], columns, unique=unique, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _arrivals()
    _runs()
    _differences()
    _repairs()


def _arrivals() -> None:
    op.create_table(
        "feed_arrivals",
        sa.Column("id", BigKey, primary_key=True),
        *_texts(peer=10, kind=10, name=200, sha256=64),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *_instants("as_of"),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("usable", sa.Integer, nullable=False),
        sa.Column("faults", Document, nullable=False),
        *_texts(verdict=10, reason=20, detail=300),
        sa.Column("received_at", UTCDateTime(), nullable=False),
    )
    _index("uq_feed_arrivals_file", ["peer", "kind", "day", "sha256"], unique=True)
    _index("ix_feed_arrivals_sha", ["sha256"])


def _runs() -> None:
    op.create_table(
        "reconcile_runs",
        sa.Column("id", BigKey, primary_key=True),
        *_texts(kind=10),
        sa.Column("day", sa.Date, nullable=False),
        *_texts(feeds=64),
        *_instants("boss_as_of", "misc_as_of", "platform_as_of"),
        *_texts(state=10),
        sa.Column("compared", sa.BigInteger, nullable=False),
        sa.Column("matched", sa.BigInteger, nullable=False),
        *(sa.Column(name, Document, nullable=False) for name in ("figures", "refused", "approvals")),
        *_texts(plan=64),
        sa.Column("differences_file", sa.String(400)),
        *_texts(started_by=80),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        *_instants("compared_at", "applied_at"),
    )
    _index("uq_reconcile_runs_feeds", ["kind", "day", "feeds"], unique=True)
    _index("ix_reconcile_runs_day", ["day"])


def _differences() -> None:
    op.create_table(
        "reconcile_differences",
        sa.Column("id", BigKey, primary_key=True),
        *_texts(msisdn=11, service_id=40, name=10, mark=20, boss=10, misc=10, platform=10, direction=24),
        sa.Column("money_fen", sa.Integer, nullable=False),
        sa.Column("said", Document, nullable=False),
        sa.Column("run_id", BigKey, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        *_texts(action=12, why=200),
        sa.Column("tries", sa.Integer, nullable=False),
        *_texts(owner=80),
        *_instants("owned_at"),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        *_instants("closed_at"),
        *_texts(outcome=12),
    )
    _index("uq_reconcile_differences_open", ["msisdn", "service_id"], OPEN, unique=True)
    _index("ix_reconcile_differences_run", ["run_id"])
    _index("ix_reconcile_differences_closed", ["closed_at"])


def _repairs() -> None:
    op.create_table(
        "reconcile_repairs",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("run_id", BigKey, nullable=False),
        sa.Column("difference_id", BigKey, nullable=False),
        *_texts(name=10, side=10, action=12, event=12),
        sa.Column("stops", sa.Boolean, nullable=False),
        *_texts(state=10, before=10, after=10, why=300),
        sa.Column("request_id", BigKey),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        *_instants("done_at"),
        *_texts(outcome=12),
        *_instants("checked_at"),
    )
    _index("ix_reconcile_repairs_planned", ["run_id", "id"], PLANNED)
    _index("ix_reconcile_repairs_run", ["run_id"])
    _index("ix_reconcile_repairs_difference", ["difference_id"])
    _index("ix_reconcile_repairs_unchecked", ["id"], UNCHECKED)


def downgrade() -> None:
    for table in ("reconcile_repairs", "reconcile_differences", "reconcile_runs", "feed_arrivals"):
        op.drop_table(table)
