"""Signing in and out, and what a person prefers."""

from __future__ import annotations

import threading

from starlette.responses import Response

from console import auth
from console.settings import SIGN_IN_LOCK_S
from console.texts import LANGUAGES
from console.visit import LANGUAGE_COOKIE, SESSION_COOKIE, THEME_COOKIE, THEMES, Refused, Visit, local_path
from huabao.log import get_logger

log = get_logger("web")

PREFERENCE_AGE_S = 365 * 86_400

_hashing = threading.BoundedSemaphore(2)
"""Argon2 takes 64 MB each time; so many sign-ins are worked on at once."""

_line = threading.BoundedSemaphore(10)
"""So many may be worked on or wait; a flood of sign-ins is turned away, lest it take every thread from those who work."""


def sign_in(visit: Visit) -> Response:
    """The form."""
    target = visit.request.query_params.get("next")
    if visit.who is not None:
        return visit.go(local_path(target))
    ended = SESSION_COOKIE in visit.request.cookies
    return visit.page("sign_in.html", name="", target=local_path(target), problem="", ended=ended)


def sign_in_act(visit: Visit) -> Response:
    """Name and password; a new session either way round, never an old one kept."""
    name, password = visit.form.get("name", ""), visit.form.get("password", "")
    target = local_path(visit.form.get("next"))
    with visit.runtime.transaction(read_only=True) as session:
        credentials = auth.find_credentials(session, name)
    fits = _password_fits(credentials, password)
    with visit.runtime.transaction() as session:
        opened = auth.settle_sign_in(session, credentials, fits, now=visit.runtime.now())
        lock_minutes = -(-SIGN_IN_LOCK_S.get(session) // 60)
        if opened is not None and (old := visit.request.cookies.get(SESSION_COOKIE)):
            auth.end_session(session, old)
    if opened is None:
        log.warning("sign-in refused")
        return visit.page("sign_in.html", 401, name=name[:80], target=target, problem=visit.say("sign_in.refused", minutes=lock_minutes), ended=False)
    token, _ = opened
    return visit.keep(visit.go(target), SESSION_COOKIE, token)


def _password_fits(credentials: auth.Credentials, password: str) -> bool:
    if not _line.acquire(blocking=False):
        raise Refused(503, "busy")
    try:
        with _hashing:
            return auth.password_fits(credentials, password)
    finally:
        _line.release()


def sign_out_act(visit: Visit) -> Response:
    """The session ends here and in the database."""
    with visit.runtime.transaction() as session:
        auth.end_session(session, visit.request.cookies[SESSION_COOKIE])
    answer = visit.go("/sign-in")
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=visit.secure)
    return answer


def preference_act(visit: Visit) -> Response:
    """Language or appearance, kept in the browser for a year."""
    answer = visit.go(local_path_or_sign_in(visit.form.get("next")))
    for cookie, field, allowed in ((LANGUAGE_COOKIE, "language", LANGUAGES), (THEME_COOKIE, "theme", THEMES)):
        value = visit.form.get(field)
        if value is not None and value in allowed:
            visit.keep(answer, cookie, value, age_s=PREFERENCE_AGE_S)
    return answer


def local_path_or_sign_in(target: str | None) -> str:
    """As `local_path`, but the sign-in itself is a fine place to come back to."""
    return "/sign-in" if target == "/sign-in" else local_path(target)
