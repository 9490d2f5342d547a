"""Writing an edition: the page, and what its script asks for while somebody writes.

The page holds the whole draft; its script saves part by part (`content.drafts.saving`), so a second tab,
another person, a lost connection or an ended sign-in never costs a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from console.texts import ENGLISH, texts
from console.visit import Refused, Visit
from console.wording import said
from content.drafts import holding, keeping, saving, steps
from content.drafts.documents import DRAFT_BYTES_MAX, digests_of
from content.drafts.saving import Change, Draft
from content.drafts.screening import hits_of
from content.models import Edition, EditionVersion, Publication
from content.proof.wording import hit_words
from content.services import lock_edition
from content.workflow import locks
from content.workflow.hits import Hit
from content.workflow.lifecycle import KILLED
from huabao.errors import HuabaoError, StoreError, UsageError
from subscribers.handset_classes import handset_classes
from subscribers.segments.store import list_segments

CHANGES_MAX = 400
SAVE_BYTES_MAX = DRAFT_BYTES_MAX + 200_000
REASON_CHARS_MAX = 300

WORDS = "write."
"""Texts that the script says, too."""

NO_STORE = {"Cache-Control": "no-store"}


def write(visit: Visit) -> Response:
    """The page, with the draft in it."""
    with visit.runtime.transaction(read_only=True) as session:
        edition = edition_of(visit, session)
        try:
            found = saving.current(session, edition)
        except UsageError as error:
            raise Refused(404, "not_found") from error
        publication = session.get_one(Publication, edition.publication_id)
        segments = [one.name for one in list_segments(session)]
        state = _state(visit, session, edition, found)
        own = holding.own_sections(session, edition, found.document, visit.city) if visit.city else []
    words = {name.removeprefix(WORDS): one[visit.language] for name, one in texts().items() if name.startswith(WORDS)}
    if visit.language == ENGLISH:
        words |= {f"{name.removeprefix(WORDS)}_one": one["en_one"] for name, one in texts().items() if name.startswith(WORDS) and "en_one" in one}
    values: dict[str, Any] = {"edition": edition, "publication": publication, "segments": segments, "classes": list(handset_classes()), "city": visit.city}
    values |= {"own": own, "text": words}
    return visit.page("write.html", state=state, killed=edition.state == KILLED, reason_chars_max=REASON_CHARS_MAX, **values)


def draft(visit: Visit) -> Response:
    """The draft as it stands."""
    with visit.runtime.transaction(read_only=True) as session:
        edition = edition_of(visit, session)
        return answer(_state(visit, session, edition, saving.current(session, edition)))


def draft_act(visit: Visit) -> Response:
    """Save parts of it."""
    changes = _changes(visit)

    def do(session: Session) -> dict[str, Any]:
        made = saving.save(session, _id(visit), changes, by=visit.actor, now=visit.runtime.now(), city=visit.city)
        state = _state(visit, session, session.get_one(Edition, _id(visit)), made.draft)
        return {**state, "saved": made.parts, "conflicts": [{"part": one.part, "value": one.value} for one in made.conflicts]}

    return _done(visit, do)


def draft_lock_act(visit: Visit) -> Response:
    """Take the edition, give it back, or take it over from somebody with a reason."""
    verb, reason = visit.form.get("verb", ""), visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]

    def do(session: Session) -> dict[str, Any]:
        edition, now = lock_edition(session, _id(visit)), visit.runtime.now()
        if verb == "give":
            for one in locks.held(session, edition.id, now):
                if one.holder == visit.actor:
                    locks.give_back(session, edition, one.section, by=visit.actor, at=now)
        elif visit.city:
            for title in holding.own_sections(session, edition, saving.current(session, edition).document, visit.city):
                locks.take(session, edition, title, by=visit.actor, at=now, take_over=reason)
        else:
            locks.take(session, edition, locks.WHOLE, by=visit.actor, at=now, take_over=reason)
        return _state(visit, session, edition, saving.current(session, edition))

    return _done(visit, do)


def draft_keep_act(visit: Visit) -> Response:
    """Keep it as a version."""
    seen, over = _number(visit, "revision"), visit.form.get("over") == "1"

    def do(session: Session) -> dict[str, Any]:
        made = keeping.keep(session, _id(visit), seen=seen, by=visit.actor, now=visit.runtime.now(), city=visit.city, over=over)
        edition = session.get_one(Edition, _id(visit))
        return {**_state(visit, session, edition, saving.current(session, edition)), "version": made.version, "warnings": made.warnings}

    return _done(visit, do)


def draft_steps(visit: Visit) -> Response:
    """What it was before."""
    with visit.runtime.transaction(read_only=True) as session:
        found = steps.listed(session, edition_of(visit, session).id)
    return visit.page("_draft_steps.html", steps=found)


def draft_restore_act(visit: Visit) -> Response:
    """Make it what it was at a step, or what its version is."""
    step, seen = visit.form.get("step", ""), _number(visit, "revision")

    def do(session: Session) -> dict[str, Any]:
        told: dict[str, Any] = {"by": visit.actor, "now": visit.runtime.now(), "city": visit.city}
        made = saving.start_over(session, _id(visit), **told) if step == "version" else saving.restore(session, _id(visit), _number(visit, "step"), seen=seen, **told)
        return _state(visit, session, session.get_one(Edition, _id(visit)), made)

    return _done(visit, do)


def draft_hits(visit: Visit) -> Response:
    """What must be looked at in the text as it is: listed words, leaders, mixed scripts, repeats."""
    with visit.runtime.transaction(read_only=True) as session:
        edition = edition_of(visit, session)
        found = saving.current(session, edition)
        try:
            hits = hits_of(session, edition, found, visit.runtime.now())
        except UsageError as error:
            return answer({"revision": found.revision, "hits": [], "problems": lines_of(visit, error)})
    return answer({"revision": found.revision, "hits": [{**one.hit.to_document(), **_worded(visit, one.hit), "open": one.open} for one in hits], "problems": []})


def _worded(visit: Visit, hit: Hit) -> dict[str, str]:
    """Why it is a hit and what to do, as this person reads it; a listed word's own note stays."""
    return {"rule": hit_words(visit.language, hit.kind, hit.rule), "advice": said(hit.advice, visit.language)}


def lines_of(visit: Visit, error: HuabaoError) -> list[str]:
    """What a draft lacks, a line each."""
    return [said(one, visit.language) for one in str(error).split("\n")]


def edition_of(visit: Visit, session: Session) -> Edition:
    """The edition that the address names.

    Raises:
        Refused: there is none.
    """
    found = session.get(Edition, _id(visit))
    if found is None:
        raise Refused(404, "not_found")
    return found


def answer(document: dict[str, Any], status: int = 200) -> Response:
    """JSON that no cache keeps."""
    return JSONResponse(document, status, NO_STORE)


def problem(status: int, text: str, kind: str) -> Response:
    """What went wrong, for the script."""
    return answer({"problem": text, "kind": kind}, status)


def _done(visit: Visit, do: Callable[[Session], dict[str, Any]]) -> Response:
    try:
        with visit.runtime.transaction() as session:
            edition_of(visit, session)
            made = do(session)
        return answer(made)
    except StoreError as error:
        with visit.runtime.transaction(read_only=True) as session:
            state = _state(visit, session, edition := edition_of(visit, session), saving.current(session, edition))
        return answer({"problem": visit.why(error), "kind": "held", "state": state}, 409)
    except UsageError as error:
        return problem(422, visit.why(error), "refused")


def _state(visit: Visit, session: Session, edition: Edition, found: Draft) -> dict[str, Any]:
    now = visit.runtime.now()
    version = session.get(EditionVersion, edition.current_version_id or 0)
    return {
        "edition": edition.id, "state": edition.state, "me": visit.actor, "csrf": visit.csrf, "revision": found.revision, "document": found.document,
        "digests": digests_of(found.document), "saved_at": found.saved_at.isoformat() if found.saved_at else None, "saved_by": found.saved_by,
        "version": version.version if version else None, "version_by": version.created_by if version else "", "is_behind": found.is_behind, "is_kept": found.is_kept,
        "locks": [{"section": one.section, "holder": one.holder, "until": one.expires_at.isoformat()} for one in locks.held(session, edition.id, now)],
    }  # fmt: skip


def _changes(visit: Visit) -> list[Change]:
    try:
        given = json.loads(getattr(visit.request.state, "body", b""))
        found = [Change(str(one["part"]), str(one["was"]), one["value"]) for one in given["changes"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError("this is no save of a draft; load the page again") from error
    if not 1 <= len(found) <= CHANGES_MAX:
        raise UsageError(f"a save has from 1 to {CHANGES_MAX} parts")
    return found


def _id(visit: Visit) -> int:
    return int(visit.request.path_params["edition_id"])


def _number(visit: Visit, name: str) -> int:
    text = visit.form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise UsageError(f"`{name}` is no number; load the page again")
    return int(text)
