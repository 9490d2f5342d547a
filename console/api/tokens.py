"""Tokens of other systems: made, found, revoked. A token is shown once and kept as its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.api.scopes import checked_scopes
from console.models import ApiToken
from huabao import audit
from huabao.errors import UsageError
from huabao.ids import new_token

PREFIX = "huabao_"
TOKEN_BYTES = 32
TOUCH_EVERY_S = 60
"""`last_used_at` is written no more often than that."""

RATE_MAX = 100_000


@dataclass(frozen=True)
class Client:
    """Who is at the other end of a request.

    Attributes:
        rate_per_min: his own limit, or None for the setting's.
        city: whose readers alone he sees and reaches, or None for all.
    """

    token_id: int
    name: str
    scopes: frozenset[str]
    rate_per_min: int | None
    last_used_at: datetime | None
    city: str | None = None

    @property
    def actor(self) -> str:
        """His name in the audit trail."""
        return f"{audit.API}{self.name}"


def sha256_of(token: str) -> str:
    """The form in which a token is stored: it has 256 random bits, so that its hash needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_token(session: Session, name: str, scopes: Sequence[str], *, rate_per_min: int | None, by: str, now: datetime, city: str | None = None) -> tuple[ApiToken, str]:
    """A new token for the system called `name`; its row and the token itself, which nobody can show again.

    Raises:
        UsageError: the name is taken or no name, no scope, or a rate that cannot be.
    """
    if not name or len(name) > 40 or not all(one.isalnum() or one in "-_." for one in name):
        raise UsageError(f"{name!r} is no name for a client: up to 40 letters, digits, -, _ and .")
    if rate_per_min is not None and not 1 <= rate_per_min <= RATE_MAX:
        raise UsageError(f"a rate lies between 1 and {RATE_MAX:,} requests a minute")
    if city is not None and not (0 < len(city) <= 40 and city.isprintable()):
        raise UsageError("a city's name has 1 to 40 printable characters")
    if session.scalar(select(ApiToken.id).where(ApiToken.name == name)) is not None:
        raise UsageError(f"there is a token {name!r} already; `huabao api-token list` shows them, a new one needs another name")
    token = PREFIX + new_token(TOKEN_BYTES)
    given = {"scopes": list(checked_scopes(scopes)), "rate_per_min": rate_per_min, "city": city}
    row = ApiToken(name=name, token_sha256=sha256_of(token), created_at=now, created_by=by, **given)
    session.add(row)
    session.flush()
    audit.record(session, actor=by, action="api_token.add", object_kind="api_token", object_id=name, at=now, scopes=row.scopes, city=city)
    return row, token


def parse_rate(text: str) -> int | None:
    """Requests a minute as somebody typed them; "" is the setting's.

    Raises:
        UsageError: that is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError(f"{text!r} is no rate: a whole number of requests a minute")
    return int(text)


def revoke_token(session: Session, name: str, *, by: str, now: datetime) -> ApiToken:
    """End a token; it stays in the list.

    Raises:
        UsageError: there is none of that name, or it is revoked already.
    """
    row = session.scalar(select(ApiToken).where(ApiToken.name == name).with_for_update())
    if row is None:
        raise UsageError(f"there is no token {name!r}; `huabao api-token list` shows them")
    if row.revoked_at is not None:
        raise UsageError(f"the token {name!r} is revoked already")
    row.revoked_at = now
    audit.record(session, actor=by, action="api_token.revoke", object_kind="api_token", object_id=name, at=now)
    session.flush()
    return row


def list_tokens(session: Session) -> list[ApiToken]:
    """Every token by name, the revoked ones too."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.name)))


def find_client(session: Session, token: str) -> Client | None:
    """Who holds the token, or None where nobody does any more."""
    row = session.execute(
        select(ApiToken.id, ApiToken.name, ApiToken.scopes, ApiToken.rate_per_min, ApiToken.last_used_at, ApiToken.city).where(
            ApiToken.token_sha256 == sha256_of(token), ApiToken.revoked_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Client(row.id, row.name, frozenset(row.scopes), row.rate_per_min, row.last_used_at, row.city)


def touch(session: Session, client: Client, *, now: datetime) -> None:
    """The token was used just now."""
    session.execute(update(ApiToken).where(ApiToken.id == client.token_id).values(last_used_at=now))


def due_for_touch(client: Client, *, now: datetime) -> bool:
    """Whether `last_used_at` is old enough to be written again."""
    return client.last_used_at is None or (now - client.last_used_at).total_seconds() >= TOUCH_EVERY_S
