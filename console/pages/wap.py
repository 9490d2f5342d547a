"""WAP pages of editions, as links of messages lead to them.

Whoever has a link may read it until it ends, and nobody is known by it; what is
his own stands in `wap_own`. A token that we did not make is told from the key alone,
before any table is asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console.pages import wap_own
from console.visit import Visit
from console.wap_answers import ServedHrefs, asking, kept_page, notice, number_in, picture_answer
from content.compose.wap import OWN_PAGE
from content.designs import Design, DesignError, default_design, find_design
from content.designs.reading import unpacked
from content.models import Asset, Edition, EditionVersion, WapPage
from content.wap.browsers import READ, WIDTHS, Browser, accepted, step_of
from content.wap.documents import PAGE_TYPE, PictureDocument, read_picture
from content.wap.keeping import versions_of
from content.wap.keys import wap_address_of
from content.wap.pictures import Picture, PictureShelf, scaled, type_for
from content.wap.settings import WAP_LINK_DAYS
from content.wap.tokens import PERSONAL_CHARS
from huabao.clock import SHANGHAI
from huabao.errors import StoreError, UsageError
from huabao.log import get_logger

KEPT_S = 86_400
"""Caches keep a page for a day: what a design shows of it may change, its words do not."""

_SHELF = PictureShelf()
log = get_logger("wap")


@dataclass(frozen=True)
class _Found:
    """A document and what is known of its edition.

    Attributes:
        ends_at: its links open until then.
    """

    name: str
    media_type: str
    body: bytes
    version_id: int
    kind: str
    state: str
    design: str
    design_sha256: str
    ends_at: datetime


def wap(visit: Visit) -> Response:
    """What a link leads to."""
    token = visit.request.path_params["token"]
    if token == OWN_PAGE:
        return wap_own.enter(visit)
    if len(token) == PERSONAL_CHARS:
        return wap_own.page(visit, token)
    with visit.runtime.transaction(read_only=True) as session:
        address = wap_address_of(session, visit.runtime.config)
        name = address.page_name(token)
        found = _find(session, name) if name is not None else None
        if found is None:
            return notice(visit, 404, "wrong")
        if found.state == "killed":
            return notice(visit, 410, "withdrawn")
        age_s = int((found.ends_at - visit.runtime.now()).total_seconds())
        if age_s <= 0:
            return notice(visit, 410, "ended")
        age_s = min(age_s, KEPT_S)
        browser = asking(visit, session)
        design = _design(session, found) if found.media_type == PAGE_TYPE else None
    if design is None:
        return _picture(visit, found, browser, age_s)
    return kept_page(visit, found.body, browser, ServedHrefs(address, token), design, age_s=age_s)


def _find(session: Session, name: str) -> _Found | None:
    """The document and the version to show it by: of those that it is a part of one that was not killed, the one that opens longest, the newest."""
    page = session.get(WapPage, name)
    if page is None:
        return None
    manuscript = EditionVersion.manuscript
    newest = select(func.max(EditionVersion.created_at)).where(EditionVersion.edition_id == Edition.id).correlate(Edition).scalar_subquery()
    rows = session.execute(
        select(
            EditionVersion.id, Edition.kind, Edition.state, EditionVersion.issue_date, newest,
            manuscript["design"].as_string(), manuscript["design_sha256"].as_string(),
        )
        .join(Edition, Edition.id == EditionVersion.edition_id)
        .where(EditionVersion.id.in_(versions_of(name)))
    )  # fmt: skip
    found, open_for = [], timedelta(days=WAP_LINK_DAYS.get(session))
    for version_id, kind, state, day, imported_at, design, design_sha256 in rows:
        began = max(datetime.combine(day, time(), SHANGHAI).astimezone(UTC), imported_at)
        found.append(_Found(name, page.media_type, page.body, version_id, kind, state, design or "", design_sha256 or "", began + open_for))
    return max(found, key=lambda one: (one.state != "killed", one.ends_at, one.version_id))


def _design(session: Session, found: _Found) -> Design:
    """What the edition is set by; one that is gone or broken since does not keep a reader from his page."""
    try:
        if found.design_sha256:
            kept = session.get(Asset, found.design_sha256)
            if kept is not None:
                return _unpacked(kept.data, found.design_sha256)
        return find_design(found.design) if found.design else default_design(found.kind)
    except (DesignError, StoreError, UsageError) as error:
        log.warning("a design cannot be used", version=found.version_id, error=str(error)[:300])
        return default_design(found.kind)


@lru_cache(maxsize=16)
def _unpacked(packed: bytes, sha256: str) -> Design:
    return unpacked(packed, sha256)


def _picture(visit: Visit, found: _Found, browser: Browser, age_s: int) -> Response:
    """A picture at one of the widths that there are, in a format that the handset reads."""
    width_px = step_of(min(number_in(visit, "w", browser.width_px), WIDTHS[-1]))
    media_type = type_for({name: weight for name, weight in accepted(visit.request.headers.get("accept", "")[:1_000]).items() if name not in READ})
    document: PictureDocument = read_picture(found.body)

    def made() -> Picture:
        with visit.runtime.transaction(read_only=True) as session:
            data = session.get_one(Asset, document.asset).data
        return scaled(document, data, width_px, media_type)

    picture = _SHELF.find(hashlib.sha256(found.body).hexdigest(), width_px, media_type, made)
    return picture_answer(visit, picture.data, picture.media_type, age_s=age_s)
