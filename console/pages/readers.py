"""Support's desk: a reader found by his number, and everything that explains what he gets, on one page.

The number stands in no address and in no log: it is posted, and the page is named by
the reader's id. Who has a city sees that city's readers; all others are to him as if they were not there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.answers.services import answers
from care.complaints.causes import ANSWER_NAMES
from care.complaints.causes import NAMES as COMPLAINT_CAUSES
from console import rights
from console.reader_view import DELIVERIES_DAYS, MONTHS_BACK, headline, next_step, reader_view
from console.reader_words import answered, told
from console.texts import CHINESE, ENGLISH
from console.visit import Refused, Visit
from delivery.resend import following
from huabao import audit
from huabao.clock import business_day
from huabao.msisdn import MSISDN, find_msisdn
from monitoring.kept import Kept
from reconciliation.diff import CLASSES
from reconciliation.reports.wording import say
from reconciliation.runs.policy import policy_in
from reconciliation.stop_send.causes import NAMES
from subscribers.models import Reader
from subscribers.store import find_reader

TYPED_CHARS_MAX = 40
UNARRIVED_SHOWN = 20
DONE = ("resend", "reach", "release", "complaint", "answered", "ending", "refund", "never", "allowed", "followed")

_waiting: Kept[int] = Kept(2.0)


def readers(visit: Visit) -> Response:
    """The field."""
    return _field(visit)


def readers_act(visit: Visit) -> Response:
    """On to the reader of a number."""
    typed = visit.form.get("number", "").strip()[:TYPED_CHARS_MAX]
    number = find_msisdn(typed)
    if number is None:
        return _field(visit, problem=visit.say("reader.no_number"), typed=typed)
    with visit.runtime.transaction(read_only=True) as session:
        found = find_reader(session, number)
        found_id = found.id if found is not None and in_reach(visit, found) else None
    if found_id is None:
        return _field(visit, problem=visit.say("reader.nobody"), typed=typed)
    return visit.go(f"/readers/{found_id}")


def _field(visit: Visit, *, problem: str = "", typed: str = "") -> Response:
    """The field, and below it the resends that failed."""
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        waiting = _waiting.get(session, visit.city, now, lambda own: following.count_unarrived(own, now, city=visit.city))
        found = following.unarrived(session, now, city=visit.city, limit=UNARRIVED_SHOWN) if waiting else ()
        return visit.page("readers.html", problem=problem, typed=typed, unarrived=found, waiting=max(waiting, len(found)), masked=lambda number: MSISDN(number).masked)


def reader(visit: Visit) -> Response:
    """Who he is, what he ordered, what he got."""
    return _page(visit, "")


def number_act(visit: Visit) -> Response:
    """The same with his number whole; that is kept."""
    with visit.runtime.transaction() as session:
        found = asked(visit, session)
        number = found.msisdn
        audit.record(session, actor=visit.actor, action="reader.number", object_kind="reader", object_id=found.id, at=visit.runtime.now())
    return _page(visit, number if MSISDN(number).isdigit() else "")


def asked(visit: Visit, session: Session) -> Reader:
    """The reader that the address names.

    Raises:
        Refused: there is none, or none whom this person may see.
    """
    found = session.get(Reader, int(visit.request.path_params["reader_id"]))
    if found is None or not in_reach(visit, found):
        raise Refused(404, "not_found")
    return found


def in_reach(visit: Visit, found: Reader) -> bool:
    """Whether this person may see that reader."""
    return rights.in_reach(visit.city, found.city)


def _page(visit: Visit, whole: str) -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        view = reader_view(session, asked(visit, session), visit.runtime.now())
        done = visit.request.query_params.get("done", "")
        first = headline(view)
        return visit.page(
            "reader.html",
            here_path=f"/readers/{view.reader.id}",
            view=view,
            whole=whole,
            first=first,
            known=view.known,
            answer=answered(first, answers(session), visit.language, visit.runtime.now()),
            next_step=next_step,
            told=lambda word: told(word, visit.language, visit.runtime.now()),
            reported=lambda name: say(visit.language, name),
            policy_words=lambda why: _policy_words(visit, why),
            instant=datetime.fromisoformat,
            classes=CLASSES,
            today=business_day(visit.runtime.now()),
            days_back=DELIVERIES_DAYS,
            months_shown=MONTHS_BACK,
            masked=lambda number: MSISDN(number).masked,
            done=done if done in DONE else "",
            causes=NAMES,
            complaint_causes=COMPLAINT_CAUSES,
            answers=ANSWER_NAMES,
            may_whole=visit.may("number_act") and MSISDN(view.reader.msisdn).isdigit(),
            may_release=visit.may("let_go_act"),
            lists_words=("、" if visit.language == CHINESE else ", ").join(visit.say(f"never.list_{one}") for one in sorted({one.kind for one in view.lists})),
        )


def _policy_words(visit: Visit, why: str) -> str:
    """Why something is done about a difference, as the policy says it in the person's language."""
    return why if visit.language == ENGLISH else next((rule.zh for rule in policy_in(visit.runtime.config.data_dir) if rule.en == why), why)
