"""Sign-ins: settled, locked out, opened, found again, ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from console.auth.accounts import grants_of
from console.auth.passwords import Credentials
from console.auth.second import roles_of
from console.models import User, UserSession
from console.rights import Grant
from console.settings import SECOND_FACTOR_ROLES, SESSION_AGE_S, SESSION_IDLE_S, SIGN_IN_ATTEMPTS_MAX, SIGN_IN_LOCK_S
from huabao import audit
from huabao.ids import new_token

TOUCH_EVERY_S = 60
"""`last_seen_at` is written no more often than that."""

PASSWORD, CODE, OIDC = "password", "code", "oidc"
"""Ways to sign in."""

NAME_CHARS = 16
"""So much of its token's hash names a session on its owner's page."""


@dataclass(frozen=True)
class SignedIn:
    """Who is at the other end of a request.

    Attributes:
        city: whose readers alone he sees, or None for all.
        grants: rights that he has beside his role.
        must: what he must do before anything else: `password` (set his own), `code` (set up a second factor), or "".
    """

    user_id: int
    name: str
    role: str
    csrf: str
    token_sha256: str
    city: str | None = None
    grants: tuple[Grant, ...] = ()
    must: str = ""


@dataclass(frozen=True)
class Browser:
    """Where a sign-in comes from, for the list that its owner sees."""

    address: str = ""
    agent: str = ""


NOWHERE = Browser()


def token_sha256(token: str) -> str:
    """The form in which a session's token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(expected: str, given: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return bool(expected) and secrets.compare_digest(expected.encode(), given.encode())


# --- in --------------------------------------------------------------------------------------------------------------


def settle_password(session: Session, credentials: Credentials, fits: bool, *, now: datetime) -> User | None:
    """Whose password was right, or None where the sign-in is refused.

    A wrong password is counted; after `sign_in_attempts_max` in a row the account is
    locked for `sign_in_lock_s`, and a right one is refused until then. The count ends with
    the sign-in, not with the password: codes are not guessed between right passwords.
    """
    user = session.get(User, credentials.user_id, with_for_update=True) if credentials.user_id is not None else None
    if user is None or not may_sign_in(user, now):
        return None
    if not fits or not hmac.compare_digest(user.password_hash, credentials.password_hash):
        count_failure(session, user, now)
        return None
    return user


def settle_sign_in(session: Session, credentials: Credentials, fits: bool, *, now: datetime, browser: Browser = NOWHERE) -> tuple[str, UserSession] | None:
    """The token and session of a sign-in that a password is enough for, or None where it is refused or a code is asked for."""
    user = settle_password(session, credentials, fits, now=now)
    return None if user is None or user.totp_at is not None else open_session(session, user, PASSWORD, now=now, browser=browser)


def may_sign_in(user: User, now: datetime) -> bool:
    """Whether the account is neither shut nor locked."""
    return user.disabled_at is None and (user.locked_until is None or user.locked_until <= now)


def count_failure(session: Session, user: User, now: datetime) -> None:
    """One more wrong password or code."""
    user.failed_attempts += 1
    if user.failed_attempts >= SIGN_IN_ATTEMPTS_MAX.get(session):
        user.failed_attempts = 0
        user.locked_until = now + timedelta(seconds=SIGN_IN_LOCK_S.get(session))
        audit.record(session, actor=user.name, action="user.locked", object_kind="user", object_id=user.name, at=now, until=user.locked_until.isoformat())


def open_session(session: Session, user: User, way: str, *, now: datetime, browser: Browser = NOWHERE) -> tuple[str, UserSession]:
    """The token and session of a new sign-in."""
    user.failed_attempts, user.locked_until, user.last_sign_in_at = 0, None, now
    audit.record(session, actor=user.name, action="user.sign_in", object_kind="user", object_id=user.name, at=now, way=way)
    session.execute(delete(UserSession).where(UserSession.expires_at <= now))
    token = new_token(32)
    opened = UserSession(
        token_sha256=token_sha256(token),
        user_id=user.id,
        csrf_secret=new_token(32),
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(seconds=SESSION_AGE_S.get(session)),
        way=way,
        address=browser.address[:45],
        agent=browser.agent[:200],
    )
    session.add(opened)
    session.flush()
    return token, opened


# --- while -----------------------------------------------------------------------------------------------------------


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
    must = _must(session, user, opened.way)
    return SignedIn(user.id, user.name, user.role, opened.csrf_secret, opened.token_sha256, user.city, grants_of(session, [user.id])[user.id], must)


def _must(session: Session, user: User, way: str) -> str:
    if way == OIDC:  # the provider has its own passwords and factors
        return ""
    if user.password_once:
        return PASSWORD
    return CODE if user.totp_at is None and user.role in roles_of(SECOND_FACTOR_ROLES.get(session)) else ""


def touch(session: Session, who: SignedIn, *, now: datetime) -> None:
    """The person acted just now."""
    session.execute(update(UserSession).where(UserSession.token_sha256 == who.token_sha256).values(last_seen_at=now))


def due_for_touch(session: Session, who: SignedIn, *, now: datetime) -> bool:
    """Whether `last_seen_at` is old enough to be written again."""
    seen = session.scalar(select(UserSession.last_seen_at).where(UserSession.token_sha256 == who.token_sha256))
    return seen is not None and (now - seen).total_seconds() >= TOUCH_EVERY_S


# --- out -------------------------------------------------------------------------------------------------------------


def list_sessions(session: Session, user_id: int, *, now: datetime) -> Sequence[UserSession]:
    """The account's sign-ins that still count, the newest first."""
    idle = timedelta(seconds=SESSION_IDLE_S.get(session))
    one = UserSession
    wanted = select(one).where(one.user_id == user_id, one.expires_at > now, one.last_seen_at > now - idle).order_by(one.created_at.desc(), one.token_sha256)
    return session.scalars(wanted).all()


def end_named(session: Session, user_id: int, name: str) -> bool:
    """End the account's session of that name (the first characters of its token's hash); whether there was one."""
    if len(name) != NAME_CHARS or not name.isalnum():
        return False
    gone = session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.token_sha256.startswith(name, autoescape=True)))
    return bool(gone.rowcount)  # type: ignore[attr-defined]  # a cursor's result


def end_others(session: Session, who: SignedIn) -> None:
    """Sign the account out everywhere but here."""
    session.execute(delete(UserSession).where(UserSession.user_id == who.user_id, UserSession.token_sha256 != who.token_sha256))


def change_password(session: Session, user: User, password_hash: str, *, keep: SignedIn, now: datetime) -> None:
    """His own new password; he stays signed in where he sits, and nowhere else."""
    user.password_hash, user.password_once = password_hash, False
    user.failed_attempts, user.locked_until = 0, None
    end_others(session, keep)
    audit.record(session, actor=user.name, action="user.password", object_kind="user", object_id=user.name, at=now)


def end_session(session: Session, token: str) -> None:
    """Sign out the browser that holds `token`."""
    session.execute(delete(UserSession).where(UserSession.token_sha256 == token_sha256(token)))
