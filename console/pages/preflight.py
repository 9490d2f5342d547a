"""Preflight of an edition: every variant on every handset, what fails with its slide, and the way round it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.edition_desk import ask, refusal, seen, shared
from console.visit import Refused, Visit
from content.works import services as works
from content.works.tasks import DESK_WORK, PREFLIGHT
from delivery import lifecycle
from delivery.dispatch.of_edition import dispatches_of
from delivery.dispatch.rerouting import Rerouted
from delivery.dispatch.rerouting import reroute as turn
from delivery.models import Dispatch
from huabao.errors import HuabaoError, UsageError

PARTS: Mapping[str, tuple[str, str]] = {
    "mms_max_bytes": ("message", "bytes"), "slides_max": ("smil", "slides"), "mms": ("message", "no_mms"), "smil": ("smil", "no_mms"), "charsets": ("text", "charset"),
    "slide_chars_max": ("text", "text"), "image_types": ("picture", "picture"), "progressive_jpeg": ("picture", "picture"), "animated_gif": ("picture", "picture"),
    "mms_max_width_px": ("picture", "picture"), "width_px": ("picture", "picture"), "class": ("message", "message"),
}  # fmt: skip
"""Of each check the part of the message that it is about, and what helps (`flight.part_…`, `flight.fix_…`)."""

TURNED_TO = "link"


@dataclass(frozen=True)
class Trouble:
    """One thing that does not fit.

    Attributes:
        finding: the first of its kind, see `content.works.preflight`.
        slides: from 1; empty for the message as a whole.
    """

    finding: Mapping[str, Any]
    slides: list[int]

    @property
    def anchor(self) -> str:
        """Where the page shows it."""
        return anchor_of(self.finding["variant"], self.finding["handset"])


def anchor_of(variant: str, handset: str) -> str:
    """The name of the place that tells of a cell."""
    return "cell-" + hashlib.sha256(f"{variant}\n{handset}".encode()).hexdigest()[:12]


def preflight(visit: Visit) -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        last = works.latest(session, found.view.edition.id, PREFLIGHT)
        waiting = [one for one in dispatches_of(session, found.view.edition.id) if one.state in lifecycle.UNSENT]
        number = None if last is None else found.view.number_of(last.edition_version_id)
    result: Mapping[str, Any] | None = last.result if last is not None and last.state == works.DONE else None
    listed = {level: grouped(one for one in result["findings"] if one["level"] == level) for level in ("fail", "warn")} if result else {}
    return visit.page(
        "preflight.html", **shared(visit, found, "preflight"), last=last, result=result, listed=listed, number=number, waiting=waiting,
        anchor_of=anchor_of, part_of=lambda check: PARTS.get(check, ("message", "record")),
    )  # fmt: skip


def grouped(findings: Iterable[Mapping[str, Any]]) -> list[Trouble]:
    """Findings that say the same of several slides of one message, as one."""
    found: dict[tuple[str, str, str], Trouble] = {}
    for one in findings:
        trouble = found.setdefault((one["variant"], one["handset"], one["en"]), Trouble(one, []))
        trouble.slides.extend([one["slide"]] if one["slide"] else [])
    return list(found.values())


def preflight_act(visit: Visit) -> Response:
    """Have it done."""
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        ask(visit, session, DESK_WORK, found.view.edition, PREFLIGHT)
    return visit.go(f"{found.path}/preflight")


def reroute(visit: Visit) -> Response:
    """The sheet that turns a failing class to links."""
    dispatch_id, name = _asked(visit)
    try:
        return _sheet(visit, _counted(visit, dispatch_id, name))
    except UsageError as error:
        return _sheet(visit, None, refusal(visit, error))


def reroute_act(visit: Visit) -> Response:
    """The act, and back to the dispatch."""
    dispatch_id, name = _asked(visit)
    reason, confirmed = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX], number_of(visit.form.get("count", ""))
    try:
        counted = _counted(visit, dispatch_id, name)
        if not reason:
            return _sheet(visit, counted, visit.say("steer.reason_missing"))
        if confirmed is None or counted.readers > confirmed * (1 + MOVED_SHARE):
            return _sheet(visit, counted, visit.say("steer.moved", before=confirmed or 0, n=counted.readers), reason)
        turn(visit.runtime, dispatch_id, name, TURNED_TO, by=visit.actor, reason=reason)
    except HuabaoError as error:
        return _sheet(visit, None, refusal(visit, error))
    return visit.go(f"/dispatches/{dispatch_id}")


def _counted(visit: Visit, dispatch_id: int, name: str) -> Rerouted:
    return turn(visit.runtime, dispatch_id, name, TURNED_TO, by=visit.actor, reason="", dry_run=True)


def _asked(visit: Visit) -> tuple[int, str]:
    dispatch_id = int(visit.request.path_params["dispatch_id"])
    with visit.runtime.transaction(read_only=True) as session:
        if not _exists(session, dispatch_id):
            raise Refused(404, "not_found")
    return dispatch_id, str(visit.request.path_params["handset_class"])


def _exists(session: Session, dispatch_id: int) -> bool:
    return session.get(Dispatch, dispatch_id) is not None


def _sheet(visit: Visit, counted: Rerouted | None, problem: str = "", reason: str = "") -> Response:
    dispatch_id, name = int(visit.request.path_params["dispatch_id"]), str(visit.request.path_params["handset_class"])
    return visit.page(
        "_reroute_sheet.html" if visit.fragment else "reroute_sheet.html", counted=counted, problem=problem, reason=reason, dispatch_id=dispatch_id, name=name,
        reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
