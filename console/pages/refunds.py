"""The board of refunds: what was asked for is decided by another person, what is approved leaves in a list, once; what came of it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import number_of
from console.downloads import csv_answer
from console.reader_view import titles_of
from console.visit import Refused, Visit
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.charges.models import ASKED, STATES, Refund
from reconciliation.refunds import deciding, handing, listing
from reconciliation.refunds.rules import REASONS
from reconciliation.refunds.settings import DUE_H
from subscribers.models import Reader

PAGE_ROWS = 50
BATCHES_SHOWN = 10
TONES = {"asked": "pending", "approved": "pending", "handed": "pending", "paid": "delivered", "refused": "neutral", "bounced": "failed"}
VERBS = {"approve": "asked", "refuse": "asked", "paid": "handed", "bounced": "handed"}
"""Acts, each with the state in which it is asked for."""


def refunds(visit: Visit) -> Response:
    """The board, by state."""
    now, given = visit.runtime.now(), visit.request.query_params
    state = given.get("state", "") if given.get("state", "") in STATES else ASKED
    with visit.runtime.transaction(read_only=True) as session:
        after = _after(visit)
        found = listing.listed(session, state, city=visit.city, after=after, limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        counts, late = listing.counts(session, now, city=visit.city)
        return visit.page(
            "refunds.html",
            state=state,
            states=STATES,
            lines=lines,
            whose={one.id: whose(session, one) for one in lines},
            titles=titles_of(session),
            counts=counts,
            late=late,
            due=timedelta(hours=DUE_H.get(session)),
            reasons=REASONS,
            tones=TONES,
            later=_cursor(lines[-1]) if len(found) > PAGE_ROWS else "",
            first=after is None,
            waiting=handing.waiting(session) if visit.may("refund_hand_act") else (0, 0),
            batches=handing.batches(session, limit=BATCHES_SHOWN) if visit.may("refund_hand_act") else [],
            done=given.get("done", "") if given.get("done", "") in ("decided", "handed", "closed") else "",
        )


def whose(session: Session, one: Refund) -> str:
    """The reader's number, masked; "" of who was forgotten."""
    reader = session.get(Reader, one.reader_id) if one.reader_id is not None else None
    return MSISDN(reader.msisdn).masked if reader is not None and reader.msisdn.isdigit() else ""


def _cursor(one: Refund) -> str:
    return f"{int(one.asked_at.timestamp() * 1_000_000)}.{one.id}"


def _after(visit: Visit) -> tuple[datetime, int] | None:
    micros, _, last = visit.request.query_params.get("after", "").partition(".")
    if not (micros + last).isascii() or not (micros.isdecimal() and last.isdecimal()) or len(micros) > 17 or len(last) > 18:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros)), int(last)


# --- decided, and closed ---------------------------------------------------------------------------------------------


def refund_decide(visit: Visit) -> Response:
    """The sheet of one act."""
    return _sheet(visit)


def refund_decide_act(visit: Visit) -> Response:
    """The act, and back to the board."""
    verb, now, note = _verb(visit), visit.runtime.now(), visit.form.get("reason", "").strip()[: deciding.NOTE_CHARS_MAX]
    try:
        with visit.runtime.transaction() as session:
            found = _own(visit, deciding.require(session, _asked_id(visit)))
            if verb in ("approve", "refuse"):
                deciding.decide(session, found, verb == "approve", note, by=visit.actor, now=now)
            else:
                deciding.close(session, found, verb == "paid", note, by=visit.actor, now=now)
    except UsageError as error:
        return _sheet(visit, problem=visit.why(error))
    return visit.go(f"/refunds?state={VERBS[verb]}&done={'decided' if VERBS[verb] == ASKED else 'closed'}")


def _verb(visit: Visit) -> str:
    verb = str(visit.request.path_params["verb"])
    if verb not in VERBS:
        raise Refused(404, "not_found")
    return verb


def _asked_id(visit: Visit) -> int:
    return int(visit.request.path_params["refund_id"])


def _own(visit: Visit, found: Refund | None) -> Refund:
    if found is None or (visit.city and found.city != visit.city):
        raise Refused(404, "not_found")
    return found


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    verb = _verb(visit)
    with visit.runtime.transaction(read_only=True) as session:
        found = _own(visit, session.get(Refund, _asked_id(visit)))
        own = verb == "approve" and deciding.person(found.asked_by) == deciding.person(visit.actor)
        possible = found.state == VERBS[verb] and not own
        return visit.page(
            "_refund_act_sheet.html" if visit.fragment else "refund_act_sheet.html",
            one=found,
            verb=verb,
            number=whose(session, found),
            title=titles_of(session).get(found.service_id, found.service_id),
            reasons=REASONS,
            possible=possible,
            problem=problem or (visit.say("refund.own") if own else "" if possible else visit.say("refund.moved", state=visit.say(f"refund.state_{found.state}"))),
            reason=visit.form.get("reason", ""),
            reason_chars_max=deciding.NOTE_CHARS_MAX,
        )


# --- handed over -----------------------------------------------------------------------------------------------------


def refund_hand(visit: Visit) -> Response:
    """The sheet that puts all that are approved into one list."""
    return _hand_sheet(visit)


def refund_hand_act(visit: Visit) -> Response:
    """The act; how many must be as many as were confirmed."""
    try:
        with visit.runtime.transaction() as session:
            count = handing.waiting(session)[0]
            if count and number_of(visit.form.get("count", "")) != count:
                return _hand_sheet(visit, problem=visit.say("refund.hand_moved", n=count))
            handing.hand_over(session, by=visit.actor, now=visit.runtime.now())
    except UsageError as error:
        return _hand_sheet(visit, problem=visit.why(error))
    return visit.go("/refunds?state=handed&done=handed")


def _hand_sheet(visit: Visit, *, problem: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        count, fen = handing.waiting(session)
    problem = problem or ("" if count else visit.say("refund.none_waits"))
    return visit.page("_refund_hand_sheet.html" if visit.fragment else "refund_hand_sheet.html", count=count, fen=fen, problem=problem)


def refund_list_act(visit: Visit) -> Response:
    """A list that was handed over, as a file with whole numbers; that is kept."""
    name = str(visit.request.path_params["batch"])[:20]
    with visit.runtime.transaction() as session:
        if next(handing.rows_of(session, name), None) is None:
            raise Refused(404, "not_found")
        audit.record(session, actor=visit.actor, action="refund.numbers", object_kind="refund_batch", object_id=name, at=visit.runtime.now())
    return csv_answer(f"refunds-{name}.csv", handing.COLUMNS, _rows(visit, name))


def _rows(visit: Visit, name: str) -> Iterator[tuple[object, ...]]:
    with visit.runtime.transaction(read_only=True) as session:
        yield from list(handing.rows_of(session, name))
