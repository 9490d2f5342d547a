"""Tokens of other systems for `/api/v1`: who has one, what it may do; made, shown once, revoked."""

from __future__ import annotations

from starlette.responses import Response

from console.api import tokens as services
from console.api.scopes import SCOPES
from console.visit import Visit
from huabao.errors import HuabaoError


def tokens(visit: Visit) -> Response:
    """Every token, and the form for one more."""
    return _page(visit, done=visit.request.query_params.get("done") == "revoked")


def _page(visit: Visit, status: int = 200, *, problem: str = "", made: tuple[str, str] | None = None, done: bool = False) -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        return visit.page("tokens.html", status, here_path="/tokens", found=services.list_tokens(session), scopes=SCOPES, typed=visit.form, problem=problem, made=made, done=done)


def tokens_act(visit: Visit) -> Response:
    """One more token."""
    form = visit.form
    rate = form.get("rate", "").strip()
    chosen = [one for one in SCOPES if form.get(f"scope-{one}") == "1"]
    city = form.get("city", "").strip() or None
    try:
        with visit.runtime.transaction() as session:
            limit = services.parse_rate(rate)
            row, token = services.add_token(session, form.get("name", "").strip(), chosen, rate_per_min=limit, city=city, by=visit.actor, now=visit.runtime.now())
            name = row.name
    except HuabaoError as error:
        return _page(visit, 422, problem=visit.why(error))
    return _page(visit, made=(name, token))


def token_revoke_act(visit: Visit) -> Response:
    """End one."""
    try:
        with visit.runtime.transaction() as session:
            services.revoke_token(session, visit.form.get("name", ""), by=visit.actor, now=visit.runtime.now())
    except HuabaoError as error:
        return _page(visit, 422, problem=visit.why(error))
    return visit.go("/tokens?done=revoked")
