"""The web edge: who calls, may he, is the form ours; and any exception becomes a page.

One of the three places where any exception is caught.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from console import auth, wap_answers
from console.auth import SignedIn
from console.bodies import TooLarge, TooSlow, read_body
from console.desks import DESKS
from console.metrics import count_request
from console.request_limits import RequestLimits
from console.rights import PUBLIC, Right, right
from console.texts import choose_language
from console.visit import DESK_COOKIE, FORM_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE, THEME_COOKIE, THEMES, Page, Refused, Visit
from huabao.errors import HuabaoError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.queues import Registry
from huabao.runtime import Runtime
from monitoring.alarms import handling

log = get_logger("web")

HOME = "today"
"""Where everybody arrives; who may not see it is shown to the first desk that he may."""

FORM_BYTES_MAX = 64_000
FORM_FIELDS_MAX = 40
FORM_HEADER = "x-huabao-form"
"""Carries the token of a request whose body is no form."""

ID_MAX = 2**63 - 1
"""No row has a larger number, and no database takes one."""

FORM_AGE_S = 7 * 86_400
DESK_AGE_S = 365 * 86_400
PLACES = frozenset(desk.right for desk in DESKS)
"""Where one was last, one arrives after the next sign-in."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
HSTS = "max-age=31536000"


@dataclass(frozen=True)
class Edge:
    """Turns a page into an endpoint."""

    runtime: Runtime
    registry: Registry
    limits: RequestLimits = field(default_factory=RequestLimits)

    def endpoint(self, one: Right, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of the route `one`."""

        async def call(request: Request) -> Response:
            request_id = new_token(9)
            with structlog.contextvars.bound_contextvars(request=request_id, route=one.name):
                try:
                    if leads_nowhere(request.path_params.values(), request.query_params.multi_items()):
                        raise Refused(404, "not_found")
                    form = await self._read(request, one, request_id) if one.method == "POST" else {}
                except ClientDisconnect:
                    return Response(status_code=400)
                except Refused as refused:
                    return await run_in_threadpool(self._error, request, request_id, refused)
                return await run_in_threadpool(self._answer, request, one, page, form, request_id)

        return call

    async def _read(self, request: Request, one: Right, request_id: str) -> dict[str, str]:
        """The form of a POST; where the route takes a body of another kind, that is read once it is known that its sender may send it."""
        if not one.body_bytes_max:
            return await _read_form(request)
        form = {"csrf": request.headers.get(FORM_HEADER, "")}
        if await run_in_threadpool(self._welcome, request, one, form, request_id):
            request.state.body = await _read_body(request, one.body_bytes_max)
        return form

    def _welcome(self, request: Request, one: Right, form: dict[str, str], request_id: str) -> bool:
        try:
            return _barred(self._recognised(self._anonymous(request, one, form, request_id))) is None
        except Refused:
            return False

    async def missing(self, request: Request, _error: Exception) -> Response:
        """No route of ours."""
        return await run_in_threadpool(self._error, request, new_token(9), Refused(404, "not_found"))

    def _answer(self, request: Request, one: Right, page: Page, form: dict[str, str], request_id: str) -> Response:
        began = time.monotonic()
        answer = self._safely(self._anonymous(request, one, form, request_id), page, self._recognised)
        count_request(one.name, answer.status_code, time.monotonic() - began)
        return answer

    def part(self, one: Right, page: Page, request: Request, who: SignedIn, language: str) -> Response:
        """A live part of a page as this person may see it (`console.live`); his sign-in was asked for when he began to listen."""
        visit = replace(self._anonymous(request, one, {}, new_token(9)), who=who, csrf=who.csrf, language=language)
        with structlog.contextvars.bound_contextvars(route=one.name):
            return self._safely(visit, page, lambda known: known)

    def _safely(self, visit: Visit, page: Page, recognise: Callable[[Visit], Visit]) -> Response:
        try:
            visit = recognise(visit)
            answer = _barred(visit) or page(visit)
        except Refused as refused:
            answer = _error_page(visit, refused)
        except HuabaoError as error:
            log.warning("request refused", error=str(error))
            answer = _error_page(visit, Refused(400, "bad"), visit.why(error))
        except Exception as error:  # the web edge
            log.error("request failed", exc_info=error)
            answer = _error_page(visit, Refused(500, "broken"))
        return _dressed(visit, answer)

    def _error(self, request: Request, request_id: str, refused: Refused) -> Response:
        def page(_visit: Visit) -> Response:
            raise refused

        return self._answer(request, replace(right("sign_in"), refresh=True), page, {}, request_id)

    def _anonymous(self, request: Request, one: Right, form: dict[str, str], request_id: str) -> Visit:
        cookies = request.cookies
        theme = cookies.get(THEME_COOKIE, THEMES[0])
        return Visit(
            runtime=self.runtime,
            registry=self.registry,
            request=request,
            right=one,
            who=None,
            form=form,
            language=choose_language(cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language")),
            theme=theme if theme in THEMES else THEMES[0],
            csrf=cookies.get(FORM_COOKIE) or new_token(24),
            request_id=request_id,
            limits=self.limits,
        )

    def _recognised(self, visit: Visit) -> Visit:
        token = visit.request.cookies.get(SESSION_COOKIE)
        if not token:
            return visit
        now = self.runtime.now()
        with self.runtime.transaction(read_only=True) as session:
            who = auth.find_signed_in(session, token, now=now)
            touch = who is not None and not visit.right.refresh and auth.due_for_touch(session, who, now=now)
            incidents = handling.known(session) if who is not None and not visit.right.refresh else ()
        if who is None:
            return visit
        if touch:
            with self.runtime.transaction() as session:
                auth.touch(session, who, now=now)
        return replace(visit, who=who, csrf=who.csrf, incidents=incidents)


def _barred(visit: Visit) -> Response | None:
    """None where the request may pass; a way to the sign-in where nobody is signed in, to his own desk where the first page is not for him.

    Raises:
        Refused: the role may not, or the form is not one of ours.
    """
    one = visit.right
    if one.roles is not PUBLIC and visit.who is None:
        back = visit.request.headers.get("hx-current-url", "") if visit.fragment else str(visit.request.url)
        parts = urlsplit(back)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if one.method == "GET" else "/"
        return visit.go(f"/sign-in?next={quote(path, safe='/')}")
    if not visit.may(one.name):
        if one.name == HOME and (desk := next((desk for desk in DESKS if visit.may(desk.right)), None)):
            return visit.go(right(desk.right).path)
        raise Refused(403, "forbidden")
    if one.method == "POST" and not one.sealed and not _ours(visit):
        raise Refused(403, "form")
    if visit.who is not None and visit.who.must and one.roles is not PUBLIC and not one.first:
        return visit.go("/me")
    return None


def _ours(visit: Visit) -> bool:
    """Whether a POST comes from a form that this console gave to this browser."""
    headers = visit.request.headers
    origin = headers.get("origin")
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    if origin is not None and origin != "null" and urlsplit(origin).netloc != headers.get("host"):
        return False
    known = visit.who is not None or FORM_COOKIE in visit.request.cookies
    return known and auth.same(visit.csrf, visit.form.get("csrf", ""))


def _error_page(visit: Visit, refused: Refused, detail: str = "") -> Response:
    if visit.request.url.path.startswith(wap_answers.PREFIX):
        return wap_answers.refusal(visit, refused.status)
    if visit.request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"error": detail or refused.kind, "request_id": visit.request_id}, refused.status)
    return visit.page("error.html", refused.status, kind=refused.kind, detail=detail)


def _dressed(visit: Visit, answer: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    if visit.secure:
        answer.headers["Strict-Transport-Security"] = HSTS
    answer.headers["X-Request-ID"] = visit.request_id
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    if is_page and visit.who is None and FORM_COOKIE not in visit.request.cookies and not visit.request.url.path.startswith(wap_answers.PREFIX):
        visit.keep(answer, FORM_COOKIE, visit.csrf, age_s=FORM_AGE_S)
    if is_page and visit.who is not None and answer.status_code == 200 and visit.right.name in PLACES and visit.request.cookies.get(DESK_COOKIE) != visit.right.name:
        visit.keep(answer, DESK_COOKIE, visit.right.name, age_s=DESK_AGE_S)
    return answer


def leads_nowhere(values: Collection[object], query: Iterable[tuple[str, str]]) -> bool:
    """Whether an address holds what no row has: a number beyond all ids, or U+0000, which no database takes; its path's values and its query, decoded."""
    texts = (*values, *(one for pair in query for one in pair))
    return any(isinstance(one, int) and one > ID_MAX for one in values) or any(isinstance(one, str) and "\x00" in one for one in texts)


async def _read_body(request: Request, bytes_max: int) -> bytes:
    """The body of a request.

    Raises:
        Refused: it is larger than `bytes_max`, or does not come.
    """
    try:
        return await read_body(request, bytes_max)
    except TooLarge as error:
        raise Refused(413, "bad") from error
    except TooSlow as error:
        raise Refused(408, "bad") from error


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form, at most `FORM_BYTES_MAX`; U+0000 is left out, for no database takes it.

    Raises:
        Refused: it is larger, or no form.
    """
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused(400, "bad")
    body = await _read_body(request, FORM_BYTES_MAX)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
        return {name: value.replace("\x00", "") for name, value in fields}
    except ValueError as error:
        raise Refused(400, "bad") from error
