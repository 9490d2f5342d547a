"""Passwords: hashed with argon2id, held against what is stored, made where nobody chose one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.auth.names import name_key
from console.models import User
from huabao.errors import UsageError
from huabao.ids import new_token

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
"""More is refused unread: hashing megabytes is work that a stranger could order."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_hasher = PasswordHasher()


@dataclass(frozen=True)
class Credentials:
    """What a password is held against; `user_id` is None where there is no such account."""

    user_id: int | None
    password_hash: str


@lru_cache(maxsize=1)
def _nobody_hash() -> str:
    return _hasher.hash(new_token())


def hash_password(password: str) -> str:
    """The argon2id hash of a new password.

    Raises:
        UsageError: it is too short or too long.
    """
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise UsageError(f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters; choose another")
    return _hasher.hash(password)


def made_password() -> str:
    """A password that can be read out: four groups of five, some 98 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def find_credentials(session: Session, name: str) -> Credentials:
    """What the password for `name` is held against; never an error."""
    found = session.execute(select(User.id, User.password_hash).where(User.name_key == name_key(name)[:80])).one_or_none()
    return Credentials(None, _nobody_hash()) if found is None else Credentials(found.id, found.password_hash)


def password_fits(credentials: Credentials, password: str) -> bool:
    """Whether `password` opens the account; takes as long where there is none."""
    try:
        _hasher.verify(credentials.password_hash, password[: PASSWORD_CHARS_MAX + 1])
    except (VerificationError, InvalidHashError):
        return False
    return credentials.user_id is not None
