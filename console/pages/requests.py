"""Requests to BOSS and MISC that are not settled: whether the peers answer, what waits, and what a person has to decide."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.pages.reached import after_of
from console.visit import Refused, Visit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.outbox import store
from reconciliation.outbox.answers import Answers, answers_in, meaning_of, shipped_answers
from reconciliation.outbox.boards import ACT_MAX, DROP, STATES, VERBS, Acted, WantedRequests, act_on, count_requests, requests_page, waiting
from reconciliation.outbox.models import OutboundRequest
from reconciliation.outbox.peers import PEERS

PAGE_ROWS = 50
PATH = "/reconcile/requests"
CODE_CHARS_MAX = 20


def requests(visit: Visit, acted: Acted | None = None) -> Response:
    """The list, the oldest first, fifty at a time."""
    wanted, after = _wanted(visit), after_of(visit)
    with visit.runtime.transaction(read_only=True) as session:
        found = requests_page(session, wanted, after=after, limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        numbers = store.numbers_of(session, [row.reader_id for row in lines if row.reader_id is not None])
        said = {row.id: row.payload.get("msisdn") or numbers.get(row.reader_id or 0, "") for row in lines}
        answers = _answers(visit)
        return visit.page(
            "requests.html",
            lines=lines,
            masked={key: MSISDN(number).masked if number else "" for key, number in said.items()},
            meanings={row.id: _meaning(answers, row) if row.code else "" for row in lines},
            health={name: store.health_of(session, name) for name in PEERS},
            waiting=waiting(session),
            wanted=wanted,
            total=count_requests(session, wanted),
            states=STATES,
            query=_query(wanted),
            further=found[PAGE_ROWS - 1].id if len(found) > PAGE_ROWS else 0,
            first=not after,
            acted=acted,
        )


def request_sheet(visit: Visit) -> Response:
    """What an act would touch."""
    return _sheet(visit, _verb(visit))


def request_act(visit: Visit) -> Response:
    """The act, and the list with what came of it."""
    verb, wanted = _verb(visit), _wanted(visit)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    if verb == DROP and not reason:
        return _sheet(visit, verb, visit.say("steer.reason_missing"))
    with visit.runtime.transaction() as session:
        count, confirmed = min(ACT_MAX, count_requests(session, wanted)), number_of(visit.form.get("count", ""))
        moved = confirmed is None or count > confirmed * (1 + MOVED_SHARE)
        acted = None if moved else act_on(session, wanted, verb, why=reason, by=visit.actor, at=visit.runtime.now())
    if acted is None:
        return _sheet(visit, verb, visit.say("steer.moved", before=confirmed or 0, n=count), reason)
    if acted.refused:
        return _sheet(visit, verb, "", reason, acted)
    return visit.go(f"{PATH}?{_query(_without_id(wanted))}".rstrip("?"))


def _sheet(visit: Visit, verb: str, problem: str = "", reason: str = "", acted: Acted | None = None) -> Response:
    wanted = _wanted(visit)
    with visit.runtime.transaction(read_only=True) as session:
        count = count_requests(session, wanted)
    return visit.page(
        "_request_sheet.html" if visit.fragment else "request_sheet.html", verb=verb, wanted=wanted, count=min(ACT_MAX, count), more=max(0, count - ACT_MAX), problem=problem,
        reason=reason, reason_chars_max=REASON_CHARS_MAX, query=_query(wanted), back=f"{PATH}?{_query(_without_id(wanted))}".rstrip("?"), acted=acted,
    )  # fmt: skip


def _verb(visit: Visit) -> str:
    verb: str = visit.request.path_params["verb"]
    if verb not in VERBS:
        raise Refused(404, "not_found")
    return verb


def _wanted(visit: Visit) -> WantedRequests:
    query = visit.request.query_params
    peer, state, one = query.get("peer", ""), query.get("state", ""), query.get("id", "")
    return WantedRequests(
        peer if peer in PEERS else "", state if state in STATES else "", query.get("code", "")[:CODE_CHARS_MAX], int(one) if one.isdecimal() and len(one) < 18 else 0
    )  # fmt: skip


def _without_id(wanted: WantedRequests) -> WantedRequests:
    return WantedRequests(wanted.peer, wanted.state, wanted.code)


def _query(wanted: WantedRequests) -> str:
    """The filter as it stands in an address."""
    return urlencode([(name, value) for name, value in (("peer", wanted.peer), ("state", wanted.state), ("code", wanted.code), ("id", wanted.request_id)) if value])


def _meaning(answers: Answers, row: OutboundRequest) -> str:
    """What the peer's manual says of its code; "" where no table has it."""
    found = meaning_of(answers, row.peer, row.code, row.kind)
    return found.meaning if found.known else ""


def _answers(visit: Visit) -> Answers:
    """What codes mean; where the operator's own table is broken, which an alarm says, the shipped one."""
    try:
        return answers_in(visit.runtime.config.data_dir)
    except UsageError:
        return shipped_answers()
