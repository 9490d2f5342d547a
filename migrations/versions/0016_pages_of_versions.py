"""A WAP page is a part of every version that has its content, not of the first one only

Only adds: a table. Into it goes what is known: the version that each page was made for,
versions whose pages were left with an earlier one of the same content, and the pictures
that pages of another version show.

Revision: 0016
Follows: 0015
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PAGE_TYPE = "application/vnd.huabao.page+json"
ROWS_AT_ONCE = 500


def upgrade() -> None:
    held = op.create_table(
        "wap_page_versions",
        sa.Column("edition_version_id", BigKey, sa.ForeignKey("edition_versions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("token", sa.String(40), sa.ForeignKey("wap_pages.token", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_wap_page_versions_token", "wap_page_versions", ["token"])
    connection = op.get_bind()
    known = set(connection.scalars(sa.text("SELECT token FROM wap_pages WHERE media_type <> :page"), {"page": PAGE_TYPE}))
    rows = connection.execute(sa.text("SELECT token, edition_version_id, media_type, body FROM wap_pages"), execution_options={"yield_per": ROWS_AT_ONCE})
    pairs = set()
    for token, version_id, media_type, body in rows:
        pairs.add((version_id, token))
        if media_type == PAGE_TYPE:
            pairs |= {(version_id, picture) for picture in _pictures(bytes(body)) if picture in known}
    found = [{"edition_version_id": version_id, "token": token} for version_id, token in sorted(pairs)]
    for start in range(0, len(found), ROWS_AT_ONCE):
        op.bulk_insert(held, found[start : start + ROWS_AT_ONCE])
    connection.execute(
        sa.text("""
            INSERT INTO wap_page_versions (edition_version_id, token)
            SELECT DISTINCT later.id, held.token
            FROM wap_page_versions held
            JOIN edition_versions first ON first.id = held.edition_version_id
            JOIN edition_versions later ON later.edition_id = first.edition_id AND later.id <> first.id AND later.source_sha256 = first.source_sha256
            WHERE CAST(later.manuscript AS TEXT) = CAST(first.manuscript AS TEXT)
            AND EXISTS (SELECT 1 FROM variants WHERE variants.edition_version_id = later.id)
            AND NOT EXISTS (SELECT 1 FROM wap_page_versions had WHERE had.edition_version_id = later.id AND had.token = held.token)
        """)
    )


def downgrade() -> None:
    op.drop_table("wap_page_versions")


def _pictures(body: bytes) -> Iterator[str]:
    """The names of the pictures that a page shows."""
    try:
        blocks = json.loads(body).get("blocks", [])
    except (ValueError, AttributeError):
        return
    for block in blocks:
        if isinstance(block, dict) and isinstance(block.get("picture"), str):
            yield block["picture"]
