"""What a page is handed, and what it answers: who asks, in which language, with which form.

Pages are plain functions from a `Visit` to a Response; they run in a thread, so
that a database never holds up the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import rights, wording
from console.auth import SignedIn
from console.rendering import render
from console.request_limits import RequestLimits
from console.rights import Right
from console.texts import has_text, text
from huabao.errors import HuabaoError
from huabao.queues import Registry
from huabao.runtime import Runtime
from monitoring.alarms.handling import Incident

SESSION_COOKIE = "huabao_session"
STEP_COOKIE = "huabao_step"
FORM_COOKIE = "huabao_form"
LANGUAGE_COOKIE = "huabao_language"
THEME_COOKIE = "huabao_theme"
THEMES = ("auto", "light", "dark")
DESK_COOKIE = "huabao_desk"
KEYS_COOKIE = "huabao_keys"
KEYS = ("on", "off")


@dataclass(frozen=True)
class Visit:
    """One request to a page.

    Attributes:
        who: the person, or None.
        form: the fields of a POST, each once.
        csrf: what every form of the answer must carry.
        request_id: names this request in the log and on an error page.
        limits: how fast the pages of readers may be asked for.
        incidents: what every desk is told of.
    """

    runtime: Runtime
    registry: Registry
    request: Request
    right: Right
    who: SignedIn | None
    form: Mapping[str, str]
    language: str
    theme: str
    csrf: str
    request_id: str
    limits: RequestLimits
    incidents: tuple[Incident, ...] = ()

    @property
    def actor(self) -> str:
        """The person's name for the audit trail."""
        return self.who.name if self.who else "nobody"

    @property
    def fragment(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def keys(self) -> str:
        """Whether single keys are shortcuts for this person: `on` or `off`."""
        return KEYS[self.request.cookies.get(KEYS_COOKIE) == KEYS[1]]

    @property
    def secure(self) -> bool:
        """Whether the request came by https."""
        return self.request.url.scheme == "https"

    def may(self, name: str) -> bool:
        """Whether this person may call the route `name`."""
        return bool(self._reach(name))

    @property
    def cities(self) -> tuple[str, ...]:
        """The cities that this page may show to this person; `("",)` for all."""
        return self._reach(self.right.name)

    @property
    def city(self) -> str:
        """The one that it shows, "" for all: of several, the one that is asked for, else the first."""
        cities = self.cities
        asked = self.request.query_params.get("city", "")
        return asked if asked in cities else next(iter(cities), "")

    def _reach(self, name: str) -> tuple[str, ...]:
        return rights.reach(self.who.role, self.who.city, self.who.grants, name) if self.who else rights.reach(None, None, (), name)

    def say(self, name: str, /, **values: object) -> str:
        """A text in this visit's language."""
        return text(self.language, name, **values)

    def why(self, error: HuabaoError) -> str:
        """What a service refused, in this visit's language as far as anybody set it."""
        word = getattr(error, "word", "")
        return self.say(word, **getattr(error, "values", {})) if word and has_text(word) else wording.said(str(error), self.language)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The template as an answer that no cache keeps."""
        return HTMLResponse(render(self, template, **values), status, {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language, HX-Request"})

    def go(self, path: str) -> Response:
        """On to another page; the browser GETs it."""
        if self.fragment:
            return Response(status_code=200, headers={"HX-Redirect": path, "Cache-Control": "no-store"})
        return RedirectResponse(path, 303, {"Cache-Control": "no-store"})

    def back(self, default: str) -> str:
        """Where the person was when a sheet opened: what its form holds, what its address names, or what the script says; `default` where that is no page of this console."""
        asked = self.form.get("back") or self.request.query_params.get("back")
        if not asked and self.fragment and self.request.method == "GET":
            asked = _path_of(self.request.headers.get("hx-current-url", ""))
        return asked if asked and len(asked) <= BACK_CHARS_MAX and local_path(asked) == asked else default

    def keep(self, answer: Response, name: str, value: str, *, age_s: int | None = None, hidden: bool = True) -> Response:
        """Set a cookie: same site only, by https only where this request came so."""
        answer.set_cookie(name, value, max_age=age_s, path="/", httponly=hidden, samesite="lax", secure=self.secure)
        return answer


Page = Callable[[Visit], Response]


class Refused(Exception):
    """The edge answers with an error page.

    Attributes:
        status: HTTP status; it exists in the console only.
        kind: of the texts `error.<kind>` and `error.<kind>_next`.
    """

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind


BACK_CHARS_MAX = 500


def _path_of(address: str) -> str:
    """Path and query of a whole address; "" where it is none."""
    try:
        seen = urlsplit(address)
    except ValueError:
        return ""
    return seen.path + (f"?{seen.query}" if seen.query else "")


def local_path(target: str | None) -> str:
    """`target` where it is a path of this console, else the first page: nobody is sent elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc or parts.path in ("/sign-in", "/sign-out") else target
