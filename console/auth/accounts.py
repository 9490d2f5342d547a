"""Accounts: made, changed, shut, and given rights beside their role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from console.auth.names import checked_name, name_key
from console.models import User, UserGrant, UserSession
from console.rights import ADMIN, GRANTS, KINDS, ROLES, STATISTICS, SYSTEM, Grant
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN

CITY_CHARS_MAX = 40
SUBJECT_CHARS_MAX = 255


def find_user(session: Session, name: str) -> User:
    """The account called `name`.

    Raises:
        UsageError: there is none.
    """
    found = session.scalar(select(User).where(User.name_key == name_key(name)))
    if found is None:
        raise UsageError(f"there is no account {name!r}; `huabao user list` shows them all")
    return found


def list_users(session: Session) -> Sequence[User]:
    """Every account, by name."""
    return session.scalars(select(User).order_by(User.name_key)).all()


def add_user(session: Session, name: str, password_hash: str, role: str, *, city: str | None, by: str, now: datetime, phone: MSISDN | None = None, once: bool = False) -> User:
    """A new account.

    Args:
        phone: its own, to which an edition may be sent for a look.
        once: its password was made by somebody else, and must be changed at the first sign-in.

    Raises:
        UsageError: the name is taken, empty or may be taken for another's, or there is no such role.
    """
    _check_role(role)
    name = checked_name(name)
    key = name_key(name)
    if session.scalar(select(User.id).where(User.name_key == key)) is not None:
        raise UsageError(f"the account {name!r} exists already; `huabao user password` sets a new password")
    given = {"name": name, "name_key": key, "password_hash": password_hash, "password_once": once, "role": role, "city": _city(city), "msisdn": phone and str(phone)}
    user = User(**given, failed_attempts=0, created_at=now)
    session.add(user)
    session.flush()
    audit.record(session, actor=by, action="user.add", object_kind="user", object_id=user.name, at=now, role=role, city=user.city, phone=phone and phone.masked)
    return user


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; there are {', '.join(ROLES)}")


def _city(city: str | None) -> str | None:
    found = (city or "").strip()
    if len(found) > CITY_CHARS_MAX or not found.isprintable():
        raise UsageError(f"a city's name has up to {CITY_CHARS_MAX} printable characters")
    return found or None


def set_person(
    session: Session, user: User, *, role: str | None = None, city: str | None = None, phone: MSISDN | None = None, no_phone: bool = False, by: str, now: datetime
) -> None:
    """Change an account's role, city ("" for all) or phone; None leaves it.

    Raises:
        UsageError: there is no such role, or he is the last administrator.
    """
    if role is not None and role != user.role:
        _check_role(role)
        _keep_one_admin(session, user)
        user.role = role
    if city is not None:
        user.city = _city(city)
    if phone is not None or no_phone:
        user.msisdn = None if phone is None else str(phone)
    session.flush()
    shown = user.msisdn and MSISDN(user.msisdn).masked
    audit.record(session, actor=by, action="user.set", object_kind="user", object_id=user.name, at=now, role=user.role, city=user.city, phone=shown)


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Take a number from every account, for its person is forgotten; how many rows changed, by table."""
    changed = session.execute(update(User).where(User.msisdn == msisdn).values(msisdn=None))
    return {"users": int(changed.rowcount)}  # type: ignore[attr-defined]  # a cursor's result


def set_password(session: Session, user: User, password_hash: str, *, by: str, now: datetime, once: bool = False) -> None:
    """A new password: unlocks the account and ends its sign-ins."""
    user.password_hash, user.password_once = password_hash, once
    user.failed_attempts, user.locked_until = 0, None
    end_sessions(session, user.id)
    audit.record(session, actor=by, action="user.password", object_kind="user", object_id=user.name, at=now)


def disable_user(session: Session, user: User, *, by: str, now: datetime) -> None:
    """Shut the account and end its sign-ins.

    Raises:
        UsageError: he is the last administrator.
    """
    _keep_one_admin(session, user)
    user.disabled_at = now
    end_sessions(session, user.id)
    audit.record(session, actor=by, action="user.disable", object_kind="user", object_id=user.name, at=now)


def enable_user(session: Session, user: User, *, by: str, now: datetime) -> None:
    """Open a shut account again, and unlock it."""
    user.disabled_at, user.locked_until, user.failed_attempts = None, None, 0
    audit.record(session, actor=by, action="user.enable", object_kind="user", object_id=user.name, at=now)


def set_subject(session: Session, user: User, subject: str, *, by: str, now: datetime) -> None:
    """Who the account is to the identity provider; "" for nobody.

    Raises:
        UsageError: another account is that already, or it is too long.
    """
    wanted = subject.strip() or None
    if wanted == user.oidc_subject:
        return
    if wanted and (len(wanted) > SUBJECT_CHARS_MAX or session.scalar(select(User.id).where(User.oidc_subject == wanted, User.id != user.id)) is not None):
        raise UsageError(f"this subject is another account's already, or has more than {SUBJECT_CHARS_MAX} characters; look it up at the identity provider")
    user.oidc_subject = wanted
    session.flush()
    audit.record(session, actor=by, action="user.subject", object_kind="user", object_id=user.name, at=now, subject=wanted)


def _keep_one_admin(session: Session, user: User) -> None:
    if user.role != ADMIN or user.disabled_at is not None:
        return
    others = select(func.count()).select_from(User).where(User.role == ADMIN, User.disabled_at.is_(None), User.id != user.id)
    if not session.scalar(others):
        raise UsageError(f"{user.name} is the only administrator left; make another one first")


def end_sessions(session: Session, user_id: int) -> None:
    """Sign the account out everywhere."""
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))


# --- rights beside the role ------------------------------------------------------------------------------------------


def grants_of(session: Session, user_ids: Iterable[int]) -> Mapping[int, tuple[Grant, ...]]:
    """The rights of accounts beside their role, in a steady order."""
    wanted = list(user_ids)
    rows = session.scalars(select(UserGrant).where(UserGrant.user_id.in_(wanted)).order_by(UserGrant.name, UserGrant.kind, UserGrant.city))
    found: dict[int, tuple[Grant, ...]] = dict.fromkeys(wanted, ())
    for row in rows:
        found[row.user_id] = (*found[row.user_id], Grant(row.name, row.city, row.kind))
    return found


def checked_grant(name: str, city: str, kind: str) -> Grant:
    """A right as it may be given.

    Raises:
        UsageError: there is no such right or kind, or one that has neither city nor kind is given one.
    """
    if name not in GRANTS:
        raise UsageError(f"there is no right {name!r}; there are {', '.join(GRANTS)}")
    if kind and (name != STATISTICS or kind not in KINDS):
        raise UsageError(f"{name} has no kind {kind!r}; {STATISTICS} has {', '.join(KINDS)}")
    found = _city(city) or ""
    if found and name == SYSTEM:
        raise UsageError(f"{SYSTEM} is for the whole house and has no city")
    return Grant(name, found, kind)


def give(session: Session, user: User, grant: Grant, *, by: str, now: datetime) -> None:
    """Give a right; what he has already stays as it is."""
    if grant not in grants_of(session, [user.id])[user.id]:
        session.add(UserGrant(user_id=user.id, name=grant.name, city=grant.city, kind=grant.kind, given_at=now, given_by=by))
        session.flush()
        audit.record(session, actor=by, action="user.give", object_kind="user", object_id=user.name, at=now, right=grant.name, city=grant.city, kind=grant.kind)


def take(session: Session, user: User, grant: Grant, *, by: str, now: datetime) -> None:
    """Take a right away; what he has not is nothing to take."""
    one = UserGrant
    gone = session.execute(delete(one).where(one.user_id == user.id, one.name == grant.name, one.city == grant.city, one.kind == grant.kind))
    if gone.rowcount:  # type: ignore[attr-defined]  # a cursor's result
        audit.record(session, actor=by, action="user.take", object_kind="user", object_id=user.name, at=now, right=grant.name, city=grant.city, kind=grant.kind)
