"""Where WAP documents are kept: each once, with every version that it is a part of.

A document's name is made of its content, so a version that has the same content as an
earlier one leads to the same documents. They belong to both: an approval of either binds
them, and a link that was sent with either opens them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, Subquery, or_, select, union
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from content.models import EditionVersion, WapPage, WapPageVersion
from content.wap.files import Kept
from huabao.db import is_postgres


def keep_pages(session: Session, version_id: int, pages: Iterable[Kept]) -> None:
    """Keep documents with a version; what is kept under a name is what the name is made of, whatever lay there.

    In the order of their names, so that two who keep the same ones wait for each other and never in a ring.
    """
    ordered = sorted({page.token: page for page in pages}.values(), key=lambda page: page.token)
    if not ordered:
        return
    insert: Any = postgres_insert if is_postgres(session) else sqlite_insert
    rows = insert(WapPage)
    same = {"media_type": rows.excluded.media_type, "body": rows.excluded.body}
    other = or_(WapPage.body != rows.excluded.body, WapPage.media_type != rows.excluded.media_type)
    session.execute(
        rows.on_conflict_do_update(index_elements=[WapPage.token], set_=same, where=other),
        [{"token": page.token, "edition_version_id": version_id, "media_type": page.media_type, "body": page.body} for page in ordered],
    )
    session.execute(insert(WapPageVersion).on_conflict_do_nothing(), [{"edition_version_id": version_id, "token": page.token} for page in ordered])


def pages_of(version_id: int) -> Select[str, str, bytes]:
    """Name, type and bytes of every document that is a part of a version, by name."""
    held = _held()
    return select(WapPage.token, WapPage.media_type, WapPage.body).where(WapPage.token.in_(select(held.c.token).where(held.c.version_id == version_id))).order_by(WapPage.token)


def versions_of(name: str) -> Select[int]:
    """The versions that a document is a part of: one at least."""
    held = _held()
    return select(EditionVersion.id).where(EditionVersion.id.in_(select(held.c.version_id).where(held.c.token == name)))


def _held() -> Subquery:
    """Documents and versions; those that a process of the release before kept stand in the first table only."""
    noted = select(WapPageVersion.token.label("token"), WapPageVersion.edition_version_id.label("version_id"))
    return union(noted, select(WapPage.token, WapPage.edition_version_id)).subquery()
