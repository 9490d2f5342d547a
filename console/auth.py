"""Accounts and sign-ins: passwords, lock-out, sessions.

A sign-in takes three steps, so that no transaction is open while argon2 works:
`find_credentials`, `password_fits` (some 50 ms and 64 MB, whether or not there is
such an account), `settle_sign_in`. Nothing here says to the outside whether an
account exists, is locked or is shut.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from console.models import User, UserSession
from console.rights import ROLES, Grant
from console.settings import SESSION_AGE_S, SESSION_IDLE_S, SIGN_IN_ATTEMPTS_MAX, SIGN_IN_LOCK_S
from huabao import audit
from huabao.errors import UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
"""More is refused unread: hashing megabytes is work that a stranger could order."""

TOUCH_EVERY_S = 60
"""`last_seen_at` is written no more often than that."""

_hasher = PasswordHasher()


@dataclass(frozen=True)
class Credentials:
    """What a password is held against; `user_id` is None where there is no such account."""

    user_id: int | None
    password_hash: str


@dataclass(frozen=True)
class SignedIn:
    """Who is at the other end of a request.

    Attributes:
        city: whose readers alone he sees, or None for all.
        grants: rights that he has beside his role.
    """

    user_id: int
    name: str
    role: str
    csrf: str
    token_sha256: str
    city: str | None = None
    grants: tuple[Grant, ...] = ()


@lru_cache(maxsize=1)
def _nobody_hash() -> str:
    return _hasher.hash(new_token())


def name_key(name: str) -> str:
    """The form in which names are compared."""
    return name.strip().casefold()


def token_sha256(token: str) -> str:
    """The form in which a session's token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """The argon2id hash of a new password.

    Raises:
        UsageError: it is too short or too long.
    """
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise UsageError(f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters; choose another")
    return _hasher.hash(password)


def find_user(session: Session, name: str) -> User:
    """The account called `name`.

    Raises:
        UsageError: there is none.
    """
    found = session.scalar(select(User).where(User.name_key == name_key(name)))
    if found is None:
        raise UsageError(f"there is no account {name!r}; `huabao user list` shows them all")
    return found


def add_user(session: Session, name: str, password_hash: str, role: str, *, city: str | None, by: str, now: datetime, phone: MSISDN | None = None) -> User:
    """A new account.

    Args:
        phone: its own, to which an edition may be sent for a look.

    Raises:
        UsageError: the name is taken or empty, or there is no such role.
    """
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    key = name_key(name)
    if not key or len(key) > 80 or not key.isprintable():
        raise UsageError("an account's name has 1 to 80 printable characters")
    if session.scalar(select(User.id).where(User.name_key == key)) is not None:
        raise UsageError(f"the account {name!r} exists already; `huabao user password` sets a new password")
    user = User(name=name.strip(), name_key=key, password_hash=password_hash, role=role, city=city, msisdn=phone and str(phone), failed_attempts=0, created_at=now)
    session.add(user)
    session.flush()
    audit.record(session, actor=by, action="user.add", object_kind="user", object_id=user.name, at=now, role=role, city=city, phone=phone and phone.masked)
    return user


def set_person(session: Session, user: User, *, city: str | None = None, phone: MSISDN | None = None, no_phone: bool = False, by: str, now: datetime) -> None:
    """Change an account's city ("" for all) or its phone; None leaves it."""
    if city is not None:
        user.city = city or None
    if phone is not None or no_phone:
        user.msisdn = None if phone is None else str(phone)
    session.flush()
    audit.record(session, actor=by, action="user.set", object_kind="user", object_id=user.name, at=now, city=user.city, phone=user.msisdn and MSISDN(user.msisdn).masked)


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Take a number from every account, for its person is forgotten; how many rows changed, by table."""
    changed = session.execute(update(User).where(User.msisdn == msisdn).values(msisdn=None))
    return {"users": int(changed.rowcount)}  # type: ignore[attr-defined]  # a cursor's result


def set_password(session: Session, user: User, password_hash: str, *, by: str, now: datetime) -> None:
    """A new password: unlocks the account and ends its sign-ins."""
    user.password_hash = password_hash
    user.failed_attempts, user.locked_until = 0, None
    end_sessions(session, user.id)
    audit.record(session, actor=by, action="user.password", object_kind="user", object_id=user.name, at=now)


def disable_user(session: Session, user: User, *, by: str, now: datetime) -> None:
    """Shut the account and end its sign-ins."""
    user.disabled_at = now
    end_sessions(session, user.id)
    audit.record(session, actor=by, action="user.disable", object_kind="user", object_id=user.name, at=now)


def end_sessions(session: Session, user_id: int) -> None:
    """Sign the account out everywhere."""
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))


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


def settle_sign_in(session: Session, credentials: Credentials, fits: bool, *, now: datetime) -> tuple[str, UserSession] | None:
    """The token and session of a new sign-in, or None where it is refused.

    A wrong password is counted; after `sign_in_attempts_max` in a row the account is
    locked for `sign_in_lock_s`, and a right one is refused until then.
    """
    user = session.get(User, credentials.user_id, with_for_update=True) if credentials.user_id is not None else None
    if user is None or user.disabled_at is not None or (user.locked_until is not None and user.locked_until > now):
        return None
    if not fits or not hmac.compare_digest(user.password_hash, credentials.password_hash):
        _count_failure(session, user, now)
        return None
    user.failed_attempts, user.locked_until, user.last_sign_in_at = 0, None, now
    audit.record(session, actor=user.name, action="user.sign_in", object_kind="user", object_id=user.name, at=now)
    return _open_session(session, user, now)


def _count_failure(session: Session, user: User, now: datetime) -> None:
    user.failed_attempts += 1
    if user.failed_attempts >= SIGN_IN_ATTEMPTS_MAX.get(session):
        user.failed_attempts = 0
        user.locked_until = now + timedelta(seconds=SIGN_IN_LOCK_S.get(session))
        audit.record(session, actor=user.name, action="user.locked", object_kind="user", object_id=user.name, at=now, until=user.locked_until.isoformat())


def _open_session(session: Session, user: User, now: datetime) -> tuple[str, UserSession]:
    session.execute(delete(UserSession).where(UserSession.expires_at <= now))
    token = new_token(32)
    opened = UserSession(
        token_sha256=token_sha256(token),
        user_id=user.id,
        csrf_secret=new_token(32),
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(seconds=SESSION_AGE_S.get(session)),
    )
    session.add(opened)
    session.flush()
    return token, opened


def find_signed_in(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """Who holds `token`, or None where the sign-in ended, idled or the account was shut."""
    idle = timedelta(seconds=SESSION_IDLE_S.get(session))
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_sha256 == token_sha256(token), UserSession.expires_at > now, UserSession.last_seen_at > now - idle, User.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    opened, user = row
    return SignedIn(user.id, user.name, user.role, opened.csrf_secret, opened.token_sha256, user.city)


def touch(session: Session, who: SignedIn, *, now: datetime) -> None:
    """The person acted just now."""
    session.execute(update(UserSession).where(UserSession.token_sha256 == who.token_sha256).values(last_seen_at=now))


def due_for_touch(session: Session, who: SignedIn, *, now: datetime) -> bool:
    """Whether `last_seen_at` is old enough to be written again."""
    seen = session.scalar(select(UserSession.last_seen_at).where(UserSession.token_sha256 == who.token_sha256))
    return seen is not None and (now - seen).total_seconds() >= TOUCH_EVERY_S


def end_session(session: Session, token: str) -> None:
    """Sign out the browser that holds `token`."""
    session.execute(delete(UserSession).where(UserSession.token_sha256 == token_sha256(token)))


def same(expected: str, given: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return bool(expected) and secrets.compare_digest(expected.encode(), given.encode())
