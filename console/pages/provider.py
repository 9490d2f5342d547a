"""Signing in at the identity provider: there and back."""

from __future__ import annotations

from starlette.responses import Response

from console import auth
from console.auth import oidc, steps
from console.auth.sessions import OIDC
from console.hashing import count_try, tries_wait_s
from console.pages.signing import drop, open_here, signed_in
from console.visit import STEP_COOKIE, Refused, Visit, local_path
from huabao.errors import HuabaoError
from huabao.log import get_logger

log = get_logger("web")


def provider(visit: Visit) -> Response:
    """On to the provider, with what its answer will be held against kept here."""
    config = visit.runtime.config
    if not config.oidc_issuer:
        raise Refused(404, "not_found")
    if tries_wait_s(visit):
        return _refused(visit)
    try:
        started = oidc.start(config)
    except HuabaoError as error:
        log.warning("identity provider", error=str(error))
        return _refused(visit)
    target = local_path(visit.request.query_params.get("next"))
    with visit.runtime.transaction() as session:
        held = {"state": started.state, "nonce": started.nonce, "verifier": started.verifier, "next": target}
        token = steps.open_step(session, steps.OIDC, user_id=None, now=visit.runtime.now(), **held)
    return visit.keep(visit.go(started.url), STEP_COOKIE, token, age_s=steps.STEP_AGE_S)


def provider_back(visit: Visit) -> Response:
    """The provider's answer: the browser that set out, the state that it set out with, a token that is good, an account that is there."""
    query, now, config = visit.request.query_params, visit.runtime.now(), visit.runtime.config
    with visit.runtime.transaction() as session:
        step = steps.find_step(session, steps.OIDC, visit.request.cookies.get(STEP_COOKIE), now=now, lock=True)
        if step is None or not config.oidc_issuer:
            return _refused(visit)
        held = dict(step.detail)
        steps.end_step(session, step)
    code = query.get("code", "")
    if not auth.same(held["state"], query.get("state", "")) or not code or len(code) > oidc.TOKEN_CHARS_MAX:
        return _refused(visit)
    try:
        claims = oidc.finish(config, code, nonce=held["nonce"], verifier=held["verifier"], now=now)
    except HuabaoError as error:
        log.warning("identity provider", error=str(error))
        return _refused(visit)
    with visit.runtime.transaction() as session:
        user = oidc.account_of(session, config, claims, now=now)
        if user is None or not auth.may_sign_in(user, now):
            log.warning("sign-in refused", why="the identity provider's person has no account that may sign in")
            return _refused(visit)
        opened = open_here(visit, session, user, OIDC)
    return signed_in(visit, opened, local_path(held["next"]))


def _refused(visit: Visit) -> Response:
    count_try(visit)
    label = visit.runtime.config.oidc_label
    words = visit.say("sign_in.provider_refused", name=label)
    answer = visit.page("sign_in.html", 401, name="", target="/", problem=words, ended=False, provider=label if visit.runtime.config.oidc_issuer else "")
    return drop(visit, answer, STEP_COOKIE)
