"""Signing in and out, and what a person prefers."""

from __future__ import annotations

import math

from sqlalchemy.orm import Session
from starlette.responses import Response

from console import auth
from console.auth import second, steps
from console.auth.sessions import CODE, PASSWORD
from console.desks import DESKS
from console.hashing import browser_of, count_try, password_fits, tries_wait_s
from console.models import User, UserSession
from console.rights import may, right
from console.settings import SIGN_IN_LOCK_S
from console.texts import LANGUAGES
from console.visit import DESK_COOKIE, KEYS, KEYS_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE, STEP_COOKIE, THEME_COOKIE, THEMES, Visit, local_path
from huabao.log import get_logger

log = get_logger("web")

PREFERENCE_AGE_S = 365 * 86_400


def sign_in(visit: Visit) -> Response:
    """The form."""
    target = visit.request.query_params.get("next")
    if visit.who is not None:
        return visit.go(local_path(target))
    return _form(visit, target=local_path(target), ended=SESSION_COOKIE in visit.request.cookies)


def _form(visit: Visit, status: int = 200, *, name: str = "", target: str = "/", problem: str = "", ended: bool = False) -> Response:
    provider = visit.runtime.config.oidc_label if visit.runtime.config.oidc_issuer else ""
    return visit.page("sign_in.html", status, name=name[:80], target=target, problem=problem, ended=ended, provider=provider)


def sign_in_act(visit: Visit) -> Response:
    """Name and password; a new session either way round, never an old one kept."""
    name, password = visit.form.get("name", ""), visit.form.get("password", "")
    target = local_path(visit.form.get("next"))
    if wait_s := tries_wait_s(visit):
        return _form(visit, 429, name=name, target=target, problem=_too_often(visit, wait_s))
    with visit.runtime.transaction(read_only=True) as session:
        credentials = auth.find_credentials(session, name)
    fits = password_fits(credentials, password)
    opened, step = None, ""
    now = visit.runtime.now()
    with visit.runtime.transaction() as session:
        user = auth.settle_password(session, credentials, fits, now=now)
        lock_minutes = -(-SIGN_IN_LOCK_S.get(session) // 60)
        if user is not None and user.totp_at is not None:
            step = steps.open_step(session, steps.CODE, user_id=user.id, now=now, next=target)
        elif user is not None:
            opened = open_here(visit, session, user, PASSWORD)
    if step:
        return visit.keep(visit.go("/sign-in/code"), STEP_COOKIE, step, age_s=steps.STEP_AGE_S)
    if opened is None:
        count_try(visit)
        log.warning("sign-in refused")
        return _form(visit, 401, name=name, target=target, problem=visit.say("sign_in.refused", minutes=lock_minutes))
    return signed_in(visit, opened, target)


def _too_often(visit: Visit, wait_s: float) -> str:
    log.warning("sign-in refused", why="too many wrong tries from one address")
    return visit.say("sign_in.too_often", n=math.ceil(wait_s))


def open_here(visit: Visit, session: Session, user: User, way: str) -> tuple[str, UserSession]:
    """A new session for this browser; the one that it had ends."""
    if old := visit.request.cookies.get(SESSION_COOKIE):
        auth.end_session(session, old)
    return auth.open_session(session, user, way, now=visit.runtime.now(), browser=browser_of(visit))


def signed_in(visit: Visit, opened: tuple[str, UserSession], target: str) -> Response:
    """On to where he wanted, with the cookie of his session and without that of a half sign-in."""
    return drop(visit, visit.keep(visit.go(_last_desk(visit, opened[0]) if target == "/" else target), SESSION_COOKIE, opened[0]), STEP_COOKIE)


def _last_desk(visit: Visit, token: str) -> str:
    """The place where this browser was last, if this person may go there; else the first page."""
    name = visit.request.cookies.get(DESK_COOKIE)
    if name not in {desk.right for desk in DESKS}:
        return "/"
    with visit.runtime.transaction(read_only=True) as session:
        who = auth.find_signed_in(session, token, now=visit.runtime.now())
    return right(name).path if who is not None and may(who.role, name, city=who.city, grants=who.grants) else "/"


def drop(visit: Visit, answer: Response, cookie: str) -> Response:
    """Take a cookie away, where the browser has it."""
    if cookie in visit.request.cookies:
        answer.delete_cookie(cookie, path="/", httponly=True, samesite="lax", secure=visit.secure)
    return answer


# --- the second factor -----------------------------------------------------------------------------------------------


def code(visit: Visit) -> Response:
    """The field for the code, once the password was right."""
    with visit.runtime.transaction(read_only=True) as session:
        step = steps.find_step(session, steps.CODE, visit.request.cookies.get(STEP_COOKIE), now=visit.runtime.now())
    return visit.go("/sign-in") if step is None else visit.page("sign_in_code.html", problem="")


def code_act(visit: Visit) -> Response:
    """The code, or a recovery code; wrong ones count as wrong passwords do."""
    if wait_s := tries_wait_s(visit):
        return visit.page("sign_in_code.html", 429, problem=_too_often(visit, wait_s))
    now, opened, target = visit.runtime.now(), None, "/"
    with visit.runtime.transaction() as session:
        step = steps.find_step(session, steps.CODE, visit.request.cookies.get(STEP_COOKIE), now=now, lock=True)
        user = session.get(User, step.user_id, with_for_update=True) if step is not None and step.user_id is not None else None
        if step is None or user is None or not auth.may_sign_in(user, now):
            return visit.go("/sign-in")
        if second.fits(session, visit.runtime.config, user, visit.form.get("code", ""), now=now):
            target = local_path(step.detail.get("next"))
            steps.end_step(session, step)
            opened = open_here(visit, session, user, CODE)
        else:
            auth.count_failure(session, user, now)
    if opened is None:
        count_try(visit)
        log.warning("sign-in refused", why="wrong code")
        return visit.page("sign_in_code.html", 401, problem=visit.say("sign_in.code_refused"))
    return signed_in(visit, opened, target)


# --- out, and what he prefers ----------------------------------------------------------------------------------------


def sign_out_act(visit: Visit) -> Response:
    """The session ends here and in the database."""
    with visit.runtime.transaction() as session:
        auth.end_session(session, visit.request.cookies[SESSION_COOKIE])
    return drop(visit, visit.go("/sign-in"), SESSION_COOKIE)


def preference_act(visit: Visit) -> Response:
    """Language, appearance or keys, kept in the browser for a year."""
    answer = visit.go(local_path_or_sign_in(visit.form.get("next")))
    for cookie, field, allowed in ((LANGUAGE_COOKIE, "language", LANGUAGES), (THEME_COOKIE, "theme", THEMES), (KEYS_COOKIE, "keys", KEYS)):
        value = visit.form.get(field)
        if value is not None and value in allowed:
            visit.keep(answer, cookie, value, age_s=PREFERENCE_AGE_S)
    return answer


def local_path_or_sign_in(target: str | None) -> str:
    """As `local_path`, but the sign-in itself is a fine place to come back to."""
    return "/sign-in" if target == "/sign-in" else local_path(target)
