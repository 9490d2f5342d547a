"""The same request gets the same answer: what a POST with an Idempotency-Key was answered, kept for a day.

Who comes first claims the key, and is the only one who works; a claim whose process
died is taken over after `CLAIM_S`. Services guard themselves with the same key
besides, so that a claim taken over does nothing twice.

Spec: draft-ietf-httpapi-idempotency-key-header 2.6, 2.7.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from console.api.problems import Problem
from console.models import ApiAnswer
from console.settings import API_ANSWERS_KEEP_S
from huabao.db import is_postgres

CLAIM_S = 120.0
"""A claim without an answer for so long was its process's last."""

KEY_CHARS_MAX = 80


@dataclass(frozen=True)
class Kept:
    """An answer given before."""

    status: int
    body: bytes


def checked_key(header: str | None) -> str:
    """The key of a POST.

    Raises:
        Problem: there is none, or it is none.
    """
    if header is None or not 1 <= len(header) <= KEY_CHARS_MAX or not all("!" <= one <= "~" for one in header):
        raise Problem("idempotency-key")
    return header


def fingerprint(method: str, path: str, document: Any) -> str:
    """What makes two requests the same; the order of keys and white space do not matter."""
    whole = json.dumps([method, path, document], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def claim(session: Session, token_id: int, key: str, print_: str, *, now: datetime) -> Kept | None:
    """None where this request is the first and must be worked; else what the first was answered.

    Raises:
        Problem: the key was used for another request, or the first is still being worked on.
    """
    session.execute(delete(ApiAnswer).where(ApiAnswer.asked_at < now - timedelta(seconds=API_ANSWERS_KEEP_S.get(session))))
    insert = postgresql_insert if is_postgres(session) else sqlite_insert
    row = {"token_id": token_id, "key": key, "fingerprint": print_, "asked_at": now}
    made = session.execute(insert(ApiAnswer).values(row).on_conflict_do_nothing().returning(ApiAnswer.key)).one_or_none()
    if made is not None:
        return None
    found = session.execute(select(ApiAnswer.fingerprint, ApiAnswer.status, ApiAnswer.body, ApiAnswer.asked_at).where(_mine(token_id, key)).with_for_update()).one()
    if found.fingerprint != print_:
        raise Problem("key-reused", "give each request a key of its own")
    if found.status is not None:
        return Kept(found.status, found.body or b"")
    if found.asked_at > now - timedelta(seconds=CLAIM_S):
        raise Problem("in-progress", "ask again in a moment", headers={"Retry-After": "1"})
    session.execute(update(ApiAnswer).where(_mine(token_id, key)).values(asked_at=now))
    return None


def keep(session: Session, token_id: int, key: str, answer: Kept) -> None:
    """Write the answer down."""
    session.execute(update(ApiAnswer).where(_mine(token_id, key)).values(status=answer.status, body=answer.body))


def let_go(session: Session, token_id: int, key: str) -> None:
    """Forget a claim that came to nothing, so that the request may be made again."""
    session.execute(delete(ApiAnswer).where(_mine(token_id, key), ApiAnswer.status.is_(None)))


def _mine(token_id: int, key: str) -> Any:
    return (ApiAnswer.token_id == token_id) & (ApiAnswer.key == key)
