"""Answers to handsets: a document as the asking one reads it, and what a reader is told where there is none.

Whatever goes wrong below `/wap/` is said in Chinese, in markup that the handset shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.visit import Visit
from content.compose.wap import OWN_PAGE
from content.designs import Design, base_design
from content.wap.browsers import Browser, browser_of, models_of
from content.wap.documents import Heading, Link, PageDocument, Words, read_page
from content.wap.rendering import render_pages
from content.wap.tokens import WapAddress
from subscribers.capabilities.merging import merged
from subscribers.handset_classes import DEFAULT_HANDSET_CLASS, handset_class, handset_classes
from subscribers.handsets import handset_named

PREFIX = "/wap/"
POLICY = "default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
"""Handset pages carry their few styles with them and run nothing."""

HEADERS = {"Content-Security-Policy": POLICY, "Cross-Origin-Resource-Policy": "cross-origin", "Referrer-Policy": "no-referrer"}
NO_STORE = {"Cache-Control": "private, no-store"}
VARY = "Accept, User-Agent, X-Wap-Profile, Profile, X-Up-Devcap-Screenpixels, UA-Pixels"
"""What decides how a page looks."""

_AGAIN = "请回到彩信或短信，从里面的链接再打开一次。"
NOTICES = {
    "wrong": ("链接不对", "这个链接不完整，或者不是我们发出的。", f"{_AGAIN}手工输入时请核对每个字母。"),
    "ended": ("链接已过期", "这个链接过了可以打开的日期。", "请打开最近一期里的链接。"),
    "withdrawn": ("内容已撤回", "这一期已经撤回，不再提供。", "请阅读最近一期。"),
    "own": ("不知道您是谁", "这一页只给本人看，现在认不出您的号码。", "请从单独发给您的短信或彩信里的链接进入，或改用手机网络再试。"),
    "form": ("没有收到", "这张表不完整，或者放得太久了，什么都没有办理。", "请返回上一页，刷新后再提交。"),
    "fast": ("请稍候", "短时间里打开的页太多了，这一次什么都没有办理。", "请过一分钟再试。"),
    "broken": ("系统繁忙", "这一页现在打不开，您没有做错什么。", "请过几分钟再试。"),
}
"""What went wrong, in which words: title, what is the matter, what to do."""

KINDS_BY_STATUS = {400: "form", 403: "own", 404: "wrong", 405: "wrong", 410: "ended", 413: "form"}


@dataclass(frozen=True)
class ServedHrefs:
    """Links of a page as they are served: beside each other, below `/wap/`.

    Attributes:
        token: of the document itself.
        given: its links are addresses already, as on pages made for one visit.
    """

    address: WapAddress
    token: str
    given: bool = False

    def page(self, name: str) -> str:
        if self.given:
            return name
        return f"{OWN_PAGE}?from={self.token}" if name == OWN_PAGE else self.address.page_token(name)

    def part(self, number: int) -> str:
        return f"{self.token}{'&' if '?' in self.token else '?'}p={number}"

    def picture(self, name: str, width_px: int) -> str:
        return f"{self.address.page_token(name)}?w={width_px}" if name != OWN_PAGE else f"{OWN_PAGE}?w={width_px}"


def asking(visit: Visit, session: Session | None) -> Browser:
    """The browser that asks, its screen by its record where there is one and `session` to look."""
    headers = {name: value for name, value in visit.request.headers.items() if len(value) < 8_000}
    if session is None:
        return browser_of(headers, None, 240)
    default = handset_class(DEFAULT_HANDSET_CLASS.get(session)).width_px
    return browser_of(headers, _known_width(session, models_of(headers)), default)


def _known_width(session: Session, models: tuple[str, ...]) -> int | None:
    found = handset_named(session, models)
    if found is None:
        return None
    width = merged(found.records).values.get("width_px")
    known = handset_classes().get(found.handset_class)
    return width if isinstance(width, int) else known.width_px if known else None


@lru_cache(maxsize=256)
def _kept_pages(body: bytes, browser: Browser, hrefs: ServedHrefs, design: Design) -> tuple[bytes, ...]:
    return tuple(render_pages(read_page(body), browser, hrefs, design.render))


def kept_page(visit: Visit, body: bytes, browser: Browser, hrefs: ServedHrefs, design: Design, *, age_s: int) -> Response:
    """One page of an edition's document, the one that `p` names; caches may keep it for `age_s`."""
    pages = _kept_pages(body, browser, hrefs, design)
    page = pages[min(max(number_in(visit, "p", 1), 1), len(pages)) - 1]
    return _public(visit, page, browser.content_type, VARY, age_s)


def picture_answer(visit: Visit, data: bytes, media_type: str, *, age_s: int) -> Response:
    """A picture; caches may keep it."""
    return _public(visit, data, media_type, "Accept", age_s)


def _public(visit: Visit, data: bytes, content_type: str, vary: str, age_s: int) -> Response:
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {**HEADERS, "Cache-Control": f"public, max-age={age_s}", "ETag": etag, "Vary": vary, "Content-Type": content_type}
    asked = {one.strip().removeprefix("W/") for one in visit.request.headers.get("if-none-match", "")[:1_000].split(",")}
    return Response(status_code=304, headers=headers) if asked & {etag, "*"} else Response(data, headers=headers)


def own_page(visit: Visit, document: PageDocument, browser: Browser, hrefs: ServedHrefs, *, status: int = 200) -> Response:
    """A page made for one visit; nobody keeps it."""
    pages = render_pages(document, browser, replace(hrefs, given=True), base_design().render)
    page = pages[min(max(number_in(visit, "p", 1), 1), len(pages)) - 1]
    return Response(page, status, headers={**HEADERS, **NO_STORE, "Vary": VARY, "Content-Type": browser.content_type})


def notice(visit: Visit, status: int, kind: str, *, back: str = "") -> Response:
    """What a reader is told where a page is not there."""
    title, what, do = NOTICES[kind]
    links = (Link("返回", back),) if back else ()
    document = PageDocument("notice", "", title, (Heading(title), Words(what), Words(do), *links))
    return own_page(visit, document, asking(visit, None), ServedHrefs(WapAddress("", b""), ""), status=status)


def refusal(visit: Visit, status: int) -> Response:
    """The same by the status that the edge would answer with."""
    kind = KINDS_BY_STATUS.get(status, "broken")
    return notice(visit, status, "broken" if kind == "form" and visit.request.method != "POST" else kind)


def number_in(visit: Visit, name: str, default: int) -> int:
    """A small number in the address; `default` where it is none."""
    text = visit.request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else default
