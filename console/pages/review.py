"""Review: the present version against an earlier one, and everything that somebody must look at before it is approved."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.edition_desk import Seen, act_of, ask, edition_id, refusal, seen, shared
from console.visit import Refused, Visit
from content.models import Variant
from content.proof.pairs import Pairs, mms_variants, moved_of, slide_pairs
from content.proof.papers import titles_of
from content.proof.wording import hit_words
from content.services import load_version
from content.workflow import approvals, greydays, notes
from content.workflow.overview import Compared, compare
from content.workflow.screening import Finding, rule_on, screen
from content.works import services as works
from content.works.tasks import DESK_WORK, PROOF
from huabao.errors import StoreError, UsageError

CLASS_FIRST = "100kb-240x320"
NAMES, WORDS, SOURCES = ("leader",), ("word", "script"), ("source",)
"""Kinds of hits behind the lines of the checks."""


def review(visit: Visit, problem: str = "") -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        view = found.view
        compared = _compared(visit, session, found)
        variants = mms_variants(session, view.version.id)
        manuscript = load_version(session, view.edition).manuscript
        hits = screen(session, view.edition, view.version)
        comments = notes.comments(session, view.edition.id)
        obstacles = approvals.obstacles(session, view.edition, act_of(visit), production=visit.runtime.config.production) if view.edition.state == "in_review" else []
        grey = greydays.is_grey(session, view.edition.publication_id, view.version.issue_date)
        last = works.latest(session, view.edition.id, PROOF)
        values: dict[str, Any] = {
            "compared": compared, "titles": titles_of(manuscript), "pairs": _pairs(visit, session, compared, variants),
            "classes": list(dict.fromkeys(one.handset_class for one in variants)), "hits": hits, "hit_words": lambda hit: hit_words(visit.language, hit.kind, hit.rule),
            "comments": comments, "checks": _checks(visit, session, found, hits, comments, grey=grey, is_grey=manuscript.greyscale or manuscript.mourning),
            "ticks": notes.ticks(session, view.edition), "moved": moved_of(variants), "obstacles": obstacles,
            "proof": last, "proof_files": works.files_of(session, last.id) if last else (),
        }  # fmt: skip
    return visit.page("review.html", **shared(visit, found, "review"), **values, problem=problem)


def _compared(visit: Visit, session: Session, found: Seen) -> Compared:
    asked = visit.request.query_params.get("before", "")
    try:
        return compare(session, found.view.edition, int(asked) if asked.isdecimal() and len(asked) < 9 else None)
    except UsageError as error:
        raise Refused(404, "not_found") from error


def _pairs(visit: Visit, session: Session, compared: Compared, variants: list[Variant] | Any) -> Pairs | None:
    wanted = visit.request.query_params.get("class", CLASS_FIRST)
    chosen = next((one for one in variants if one.handset_class == wanted), next(iter(variants), None))
    return None if chosen is None else slide_pairs(session, compared.before.id if compared.before else None, chosen)


def _checks(visit: Visit, session: Session, found: Seen, hits: list[Finding], comments: Any, *, grey: bool, is_grey: bool) -> list[tuple[str, str, str]]:
    """Lines of (what, tone, words)."""

    def of(name: str, kinds: tuple[str, ...]) -> tuple[str, str, str]:
        left = [one for one in hits if one.hit.kind in kinds and one.ruling is None]
        tone = "failed" if any(one.open for one in left) else "held" if left else "delivered"
        return name, tone, visit.say("review.n_open", n=len(left)) if left else visit.say("review.ok")

    checked = works.latest(session, found.view.edition.id, "preflight")
    result = checked.result if checked and checked.state == works.DONE and checked.edition_version_id == found.view.version.id else None
    failed = int(result["failed"]) if result else 0
    failing = visit.say("city.flight") if visit.city or not failed else visit.say("flight.failing", n=failed, readers=result["readers"] if result else 0)
    flight = ("neutral", visit.say("review.unchecked")) if result is None else ("failed", failing) if failed else None
    open_comments = sum(one.resolved_at is None for one in comments)
    greys = ("failed", "grey_day") if grey and not is_grey else ("neutral", "grey_on" if is_grey else "grey_off")
    return [
        of("check_hits", WORDS), of("check_names", NAMES), of("check_sources", SOURCES),
        ("check_grey", greys[0], visit.say(f"review.{greys[1]}")), ("check_preflight", *(flight or ("delivered", visit.say("review.ok")))),
        ("check_comments", "held" if open_comments else "delivered", visit.say("review.n_open", n=open_comments) if open_comments else visit.say("review.ok")),
    ]  # fmt: skip


def comment_act(visit: Visit) -> Response:
    """Say something."""
    with visit.runtime.transaction() as session:
        edition = seen(visit, session).view.edition
        try:
            notes.comment(session, edition, visit.form.get("text", ""), item=visit.form.get("item", ""), by=visit.actor, at=visit.runtime.now())
        except UsageError as error:
            return _refused(visit, error)
    return _back(visit, "comments")


def resolve_act(visit: Visit) -> Response:
    """A comment was dealt with."""
    with visit.runtime.transaction() as session:
        edition = seen(visit, session).view.edition
        resolution, comment = visit.form.get("resolution", "")[:400], int(visit.request.path_params["comment_id"])
        try:
            notes.resolve(session, edition, comment, resolution=resolution, by=visit.actor, at=visit.runtime.now())
        except UsageError as error:
            return _refused(visit, error)
    return _back(visit, "comments")


def ruling_act(visit: Visit) -> Response:
    """A hit may stand."""
    with visit.runtime.transaction() as session:
        edition = seen(visit, session).view.edition
        try:
            rule_on(session, edition, str(visit.request.path_params["mark"]), reason=visit.form.get("reason", "")[:400], by=visit.actor, at=visit.runtime.now())
        except (UsageError, StoreError) as error:
            return _refused(visit, error)
    return _back(visit, "hits")


def tick_act(visit: Visit) -> Response:
    """Answer for a point of the checklist."""
    with visit.runtime.transaction() as session:
        edition = seen(visit, session).view.edition
        try:
            notes.tick(session, edition, visit.form.get("point", ""), by=visit.actor, at=visit.runtime.now())
        except UsageError as error:
            return _refused(visit, error)
    return _back(visit, "checklist")


def proof_act(visit: Visit) -> Response:
    """Have the proof made."""
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        ask(visit, session, DESK_WORK, found.view.edition, PROOF, language=visit.language)
    return visit.go(f"{found.path}/review")


def _back(visit: Visit, part: str) -> Response:
    return visit.go(f"/editions/{edition_id(visit)}/review#{part}")


def _refused(visit: Visit, error: Exception) -> Response:
    return review(visit, refusal(visit, error))
