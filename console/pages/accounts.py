"""Accounts: who there is, in which role, with which rights beside it; made, changed, shut, helped.

Nobody changes his own role or shuts himself. Who has the right of system administration
without being an administrator looks after all accounts but the administrators', and gives
nobody what would make him one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.responses import Response

from console import auth
from console.auth import second
from console.auth.sessions import NAME_CHARS
from console.hashing import hash_password
from console.models import User
from console.rights import ADMIN, GRANTS, KINDS, ROLES, SYSTEM
from console.visit import Refused, Visit
from huabao import audit
from huabao.errors import HuabaoError
from huabao.msisdn import MSISDN, find_msisdn

DONE = ("saved", "shut", "open", "code", "session")


def accounts(visit: Visit) -> Response:
    """Every account, and the form for one more."""
    return _list(visit)


def _list(visit: Visit, status: int = 200, *, problem: str = "", typed: dict[str, str] | None = None, made: tuple[str, str] | None = None) -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        users = auth.list_users(session)
        grants = auth.grants_of(session, [one.id for one in users])
        now = visit.runtime.now()
        lines = [(one, grants[one.id], state_of(one, now)) for one in users]
        return visit.page("accounts.html", status, lines=lines, roles=_roles(visit), problem=problem, typed=typed or {}, made=made)


def state_of(user: User, now: datetime) -> str:
    """`shut`, `locked` or `active`."""
    if user.disabled_at is not None:
        return "shut"
    return "active" if auth.may_sign_in(user, now) else "locked"


def _roles(visit: Visit) -> list[str]:
    """The roles that this person may give."""
    return [one for one in ROLES if one != ADMIN or _is_admin(visit)]


def _is_admin(visit: Visit) -> bool:
    return visit.who is not None and visit.who.role == ADMIN


def accounts_act(visit: Visit) -> Response:
    """One more account; its password is made here and shown this once."""
    typed = {name: visit.form.get(name, "").strip() for name in ("name", "role", "city", "phone")}
    phone = find_msisdn(typed["phone"]) if typed["phone"] else None
    if typed["phone"] and phone is None:
        return _list(visit, 422, problem=visit.say("reader.no_number"), typed=typed)
    if typed["role"] == ADMIN and not _is_admin(visit):
        raise Refused(403, "forbidden")
    password = auth.made_password()
    hashed = hash_password(password)
    try:
        with visit.runtime.transaction() as session:
            added = auth.add_user(session, typed["name"], hashed, typed["role"], city=typed["city"], phone=phone, by=visit.actor, now=visit.runtime.now(), once=True)
            name = added.name
    except HuabaoError as error:
        return _list(visit, 422, problem=visit.why(error), typed=typed)
    return _list(visit, made=(name, password))


# --- one account -----------------------------------------------------------------------------------------------------


def account(visit: Visit) -> Response:
    """One account."""
    done = visit.request.query_params.get("done", "")
    return _one(visit, done=done if done in DONE else "")


def _one(visit: Visit, status: int = 200, *, problem: str = "", done: str = "", made: tuple[str, str] | None = None) -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        user = _asked(visit, session)
        return visit.page(
            "account.html",
            status,
            here_path=f"/accounts/{user.id}",
            user=user,
            state=state_of(user, now),
            phone=user.msisdn and MSISDN(user.msisdn).masked,
            own=_is_own(visit, user),
            above=user.role == ADMIN and not _is_admin(visit),
            grants=auth.grants_of(session, [user.id])[user.id],
            sessions=[(one, one.token_sha256[:NAME_CHARS], False) for one in auth.list_sessions(session, user.id, now=now)],
            codes_left=second.recovery_left(session, user),
            roles=_roles(visit),
            all_grants=[one for one in GRANTS if one != SYSTEM or _is_admin(visit)],
            kinds=KINDS,
            provider=visit.runtime.config.oidc_label if visit.runtime.config.oidc_issuer else "",
            problem=problem,
            done=done,
            made=made,
        )


def _asked(visit: Visit, session: Session, *, change: bool = False) -> User:
    """The account that the address names.

    Raises:
        Refused: there is none, or it is an administrator's and this person is none and wants to change it.
    """
    user = session.get(User, int(visit.request.path_params["user_id"]), with_for_update=change or None)
    if user is None:
        raise Refused(404, "not_found")
    if change and user.role == ADMIN and not _is_admin(visit):
        raise Refused(403, "forbidden")
    return user


def _is_own(visit: Visit, user: User) -> bool:
    return visit.who is not None and visit.who.user_id == user.id


def account_act(visit: Visit) -> Response:
    """Role, city and phone, as the form says them; a changed role or city ends the sign-ins."""
    form = visit.form
    phone = find_msisdn(form.get("phone", "")) if form.get("phone") else None
    if form.get("phone") and phone is None:
        return _one(visit, 422, problem=visit.say("reader.no_number"))
    now = visit.runtime.now()
    try:
        with visit.runtime.transaction() as session:
            user = _asked(visit, session, change=True)
            before, role = (user.role, user.city), form.get("role") or user.role
            if _is_own(visit, user):
                role = user.role
            elif role != user.role and role not in _roles(visit):
                raise Refused(403, "forbidden")
            auth.set_person(session, user, role=role, city=form.get("city", ""), phone=phone, no_phone=form.get("no_phone") == "1", by=visit.actor, now=now)
            if "subject" in form:
                auth.set_subject(session, user, form["subject"], by=visit.actor, now=now)
            if before != (user.role, user.city) and not _is_own(visit, user):
                auth.end_sessions(session, user.id)
    except HuabaoError as error:
        return _one(visit, 422, problem=visit.why(error))
    return visit.go(f"/accounts/{int(visit.request.path_params['user_id'])}?done=saved")


def account_sessions_act(visit: Visit) -> Response:
    """End one of its sign-ins, or all."""
    name, now = visit.form.get("session", ""), visit.runtime.now()
    with visit.runtime.transaction() as session:
        user = _asked(visit, session, change=True)
        if name == "all":
            auth.end_sessions(session, user.id)
        elif not auth.end_named(session, user.id, name):
            raise Refused(404, "not_found")
        audit.record(session, actor=visit.actor, action="user.sign_out", object_kind="user", object_id=user.name, at=now, all=name == "all")
        return visit.go(f"/accounts/{user.id}?done=session")


def account_grants_act(visit: Visit) -> Response:
    """Give or take one right."""
    form, now = visit.form, visit.runtime.now()
    try:
        with visit.runtime.transaction() as session:
            user = _asked(visit, session, change=True)
            grant = auth.checked_grant(form.get("right", ""), form.get("city", ""), form.get("kind", ""))
            if (grant.name == SYSTEM and not _is_admin(visit)) or _is_own(visit, user):
                raise Refused(403, "forbidden")
            (auth.take if form.get("take") == "1" else auth.give)(session, user, grant, by=visit.actor, now=now)
    except HuabaoError as error:
        return _one(visit, 422, problem=visit.why(error))
    return visit.go(f"/accounts/{int(visit.request.path_params['user_id'])}?done=saved#grants")


def account_password_act(visit: Visit) -> Response:
    """A new password, made here and shown this once; its owner changes it at the next sign-in."""
    password = auth.made_password()
    hashed = hash_password(password)
    with visit.runtime.transaction() as session:
        user = _asked(visit, session, change=True)
        if _is_own(visit, user):
            raise Refused(403, "forbidden")
        auth.set_password(session, user, hashed, by=visit.actor, now=visit.runtime.now(), once=True)
        name = user.name
    return _one(visit, made=(name, password))


def account_state_act(visit: Visit) -> Response:
    """Shut it, open it again (which unlocks it), or take its second factor away."""
    verb, now = visit.form.get("verb", ""), visit.runtime.now()
    try:
        with visit.runtime.transaction() as session:
            user = _asked(visit, session, change=True)
            if _is_own(visit, user):
                raise Refused(403, "forbidden")
            if verb == "shut":
                auth.disable_user(session, user, by=visit.actor, now=now)
            elif verb == "open":
                auth.enable_user(session, user, by=visit.actor, now=now)
            elif verb == "code":
                second.turn_off(session, user, by=visit.actor, now=now)
                auth.end_sessions(session, user.id)
            else:
                raise Refused(404, "not_found")
            return visit.go(f"/accounts/{user.id}?done={verb}")
    except HuabaoError as error:
        return _one(visit, 422, problem=visit.why(error))
