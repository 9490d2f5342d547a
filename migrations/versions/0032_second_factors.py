"""Accounts: a second factor with recovery codes, the identity provider's name for them, rights beside the role, half sign-ins; an API token's city

Only adds.

Revision: 0032
Follows: 0031
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("password_once", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("totp_sealed", sa.LargeBinary()))
    op.add_column("users", sa.Column("totp_at", UTCDateTime()))
    op.add_column("users", sa.Column("totp_step", sa.BigInteger()))
    op.add_column("users", sa.Column("oidc_subject", sa.String(255)))
    op.create_index("uq_users_oidc_subject", "users", ["oidc_subject"], unique=True)
    for name, length, default in (("way", 8, "password"), ("address", 45, ""), ("agent", 200, "")):
        op.add_column("user_sessions", sa.Column(name, sa.String(length), nullable=False, server_default=default))
    op.add_column("api_tokens", sa.Column("city", sa.String(40)))
    op.create_table(
        "user_grants",
        sa.Column("id", BigKey, primary_key=True),
        sa.Column("user_id", BigKey, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(12), nullable=False),
        sa.Column("city", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("given_by", sa.String(80), nullable=False),
        sa.UniqueConstraint("user_id", "name", "city", "kind", name="uq_user_grants_user_id_name_city_kind"),
    )
    op.create_table(
        "user_recovery_codes",
        sa.Column("user_id", BigKey, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("code_sha256", sa.String(64), primary_key=True),
        sa.Column("used_at", UTCDateTime()),
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("user_id", BigKey, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("detail", Document, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_sign_in_steps_expires_at", "sign_in_steps", ["expires_at"])


def downgrade() -> None:
    for table in ("sign_in_steps", "user_recovery_codes", "user_grants"):
        op.drop_table(table)
    op.drop_index("uq_users_oidc_subject", "users")
    for table, columns in (
        ("users", ("password_once", "totp_sealed", "totp_at", "totp_step", "oidc_subject")),
        ("user_sessions", ("way", "address", "agent")),
        ("api_tokens", ("city",)),
    ):
        for column in columns:
            op.drop_column(table, column)
