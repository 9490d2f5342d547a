"""One's own page: password, second factor, sign-ins, language, keys.

Whoever must do something before anything else (set his own password, set up a second
factor) is brought here and finds that first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session
from starlette.responses import Response

from console import auth
from console.auth import second
from console.auth.sessions import NAME_CHARS, SignedIn
from console.hashing import count_try, hash_password, password_fits, tries_wait_s
from console.models import User
from console.settings import SECOND_FACTOR_ROLES
from console.visit import Refused, Visit

SVG = "image/svg+xml"
DONE = ("password", "session", "sessions", "off")


def me(visit: Visit) -> Response:
    """The page."""
    done = visit.request.query_params.get("done", "")
    return _page(visit, done=done if done in DONE else "")


def _page(visit: Visit, status: int = 200, *, problem: str = "", where: str = "", done: str = "", codes: Sequence[str] = ()) -> Response:
    now, who = visit.runtime.now(), _who(visit)
    with visit.runtime.transaction(read_only=True) as session:
        user = _own(session, visit)
        return visit.page(
            "me.html",
            status,
            here_path="/me",
            user=user,
            problem=problem,
            where=where,
            done=done,
            codes=codes,
            waiting=second.waiting_secret(visit.runtime.config, user),
            codes_left=second.recovery_left(session, user),
            code_required=user.role in second.roles_of(SECOND_FACTOR_ROLES.get(session)),
            sessions=[(one, one.token_sha256[:NAME_CHARS], one.token_sha256 == who.token_sha256) for one in auth.list_sessions(session, user.id, now=now)],
            password_chars=(auth.PASSWORD_CHARS_MIN, auth.PASSWORD_CHARS_MAX),
        )


def _who(visit: Visit) -> SignedIn:
    assert visit.who is not None, "the edge lets nobody else here"
    return visit.who


def _own(session: Session, visit: Visit, *, lock: bool = False) -> User:
    return session.get_one(User, _who(visit).user_id, with_for_update=lock or None)


def _still_he(visit: Visit, field: str) -> str:
    """Why he is not let change how he signs in, or "": whoever sits at a browser that was left open does not know the password."""
    if wait_s := tries_wait_s(visit):
        return visit.say("sign_in.too_often", n=int(wait_s) + 1)
    with visit.runtime.transaction(read_only=True) as session:
        user = _own(session, visit)
        credentials = auth.Credentials(user.id, user.password_hash)
    fits = password_fits(credentials, visit.form.get(field, ""))
    now = visit.runtime.now()
    with visit.runtime.transaction() as session:
        if auth.settle_password(session, credentials, fits, now=now) is not None:
            return ""
    count_try(visit)
    return visit.say("me.password_wrong")


def me_password_act(visit: Visit) -> Response:
    """A new password; every other browser is signed out."""
    new = visit.form.get("new", "")
    if new != visit.form.get("again", ""):
        return _page(visit, 422, problem=visit.say("me.not_the_same"), where="password")
    if not auth.PASSWORD_CHARS_MIN <= len(new) <= auth.PASSWORD_CHARS_MAX:
        return _page(visit, 422, problem=visit.say("me.password_rule", least=auth.PASSWORD_CHARS_MIN, most=auth.PASSWORD_CHARS_MAX), where="password")
    if new == visit.form.get("old", ""):
        return _page(visit, 422, problem=visit.say("me.password_same"), where="password")
    if problem := _still_he(visit, "old"):
        return _page(visit, 422, problem=problem, where="password")
    hashed = hash_password(new)
    with visit.runtime.transaction() as session:
        auth.change_password(session, _own(session, visit, lock=True), hashed, keep=_who(visit), now=visit.runtime.now())
    return visit.go("/me?done=password")


def me_sessions_act(visit: Visit) -> Response:
    """End one sign-in, or all the others."""
    name = visit.form.get("session", "")
    with visit.runtime.transaction() as session:
        if name == "others":
            auth.end_others(session, _who(visit))
        elif not auth.end_named(session, _who(visit).user_id, name):
            raise Refused(404, "not_found")
    return visit.go("/me?done=sessions" if name == "others" else "/me?done=session")


# --- the second factor -----------------------------------------------------------------------------------------------


def me_code_act(visit: Visit) -> Response:
    """A new secret, for the app; nothing is asked for before it gave a right code."""
    if problem := _still_he(visit, "password"):
        return _page(visit, 422, problem=problem, where="code")
    with visit.runtime.transaction() as session:
        user = _own(session, visit, lock=True)
        if user.totp_at is None:
            second.begin(session, visit.runtime.config, user)
    return visit.go("/me#code")


def me_code_picture(visit: Visit) -> Response:
    """The waiting secret as a QR code; once it is in force it is never shown again."""
    with visit.runtime.transaction(read_only=True) as session:
        user = _own(session, visit)
        secret = second.waiting_secret(visit.runtime.config, user)
        if secret is None:
            raise Refused(404, "not_found")
        return Response(second.picture(secret, user.name), media_type=SVG, headers={"Cache-Control": "no-store"})


def me_code_confirm_act(visit: Visit) -> Response:
    """The first code of the app: from now on one is asked for, and the recovery codes are shown this once."""
    if wait_s := tries_wait_s(visit):
        return _page(visit, 429, problem=visit.say("sign_in.too_often", n=int(wait_s) + 1), where="code")
    with visit.runtime.transaction() as session:
        codes = second.confirm(session, visit.runtime.config, _own(session, visit, lock=True), visit.form.get("code", ""), now=visit.runtime.now())
    if codes is None:
        count_try(visit)
        return _page(visit, 422, problem=visit.say("me.code_wrong"), where="code")
    return _page(visit, codes=codes)


def me_recovery_act(visit: Visit) -> Response:
    """New recovery codes, shown this once; the old ones open nothing any more."""
    if problem := _still_he(visit, "password"):
        return _page(visit, 422, problem=problem, where="code")
    with visit.runtime.transaction() as session:
        user = _own(session, visit, lock=True)
        if user.totp_at is None:
            raise Refused(404, "not_found")
        codes = second.renew_recovery(session, user, by=visit.actor, now=visit.runtime.now())
    return _page(visit, codes=codes)


def me_code_off_act(visit: Visit) -> Response:
    """No code any more, where the house does not ask for one."""
    if problem := _still_he(visit, "password"):
        return _page(visit, 422, problem=problem, where="code")
    with visit.runtime.transaction() as session:
        user = _own(session, visit, lock=True)
        if user.role in second.roles_of(SECOND_FACTOR_ROLES.get(session)):
            raise Refused(403, "forbidden")
        second.turn_off(session, user, by=visit.actor, now=visit.runtime.now())
    return visit.go("/me?done=off")
