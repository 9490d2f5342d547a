"""Open differences: the list behind the board's counts, who looks after each, and the list as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console.agreeing import others
from console.confirmed import MOVED_SHARE, number_of
from console.downloads import CHUNK_ROWS, csv_answer
from console.pages.reconcile import dressing
from console.rendering import named
from console.visit import Refused, Visit
from huabao import audit
from huabao.clock import business_day
from huabao.msisdn import MSISDN
from reconciliation.diff import CLASSES
from reconciliation.runs.boards import HAND_MAX, NOBODY, OpenLine, WantedOpen, count_open, find_open, hand, open_page
from reconciliation.runs.ledger import letters_of
from reconciliation.runs.models import ReconcileDifference
from reconciliation.runs.open import assign
from reconciliation.runs.steps import ACTIONS, WAIT

PAGE_ROWS = 50
FILTERED = ("ask", "serve", "pause", "stop", "adopt", "peers", WAIT)
COLUMNS = ("number", "service", "class", "meaning", "sides", "money", "first_day", "days", "action", "owner", "tried")
assert set(FILTERED) <= {*ACTIONS, WAIT, "peers"}


def differences(visit: Visit) -> Response:
    """The list, the oldest first, fifty at a time."""
    wanted = _wanted(visit)
    with visit.runtime.transaction(read_only=True) as session:
        found = open_page(session, wanted, after=_after(visit), limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        return visit.page(
            "differences.html",
            lines=lines,
            masked={line.row.id: MSISDN(line.row.msisdn).masked for line in lines},
            letters={line.row.id: letters_of(line.row) for line in lines},
            older=_cursor(lines[-1]) if len(found) > PAGE_ROWS else "",
            first=not visit.request.query_params.get("after"),
            wanted=wanted,
            total=count_open(session, wanted),
            classes=CLASSES,
            actions=FILTERED,
            owners=others(session, "own_act", ()),
            nobody=NOBODY,
            query=_query(wanted),
            today=business_day(visit.runtime.now()),
            **dressing(visit),
        )


def own_act(visit: Visit) -> Response:
    """One difference becomes this person's, or nobody's."""
    owner = visit.actor if visit.form.get("take") == "1" else ""
    one = int(visit.request.path_params["difference_id"])
    with visit.runtime.transaction() as session:
        if find_open(session, one, city=visit.city) is None:
            raise Refused(404, "not_found")
        assign(session, [one], owner, by=visit.actor, at=visit.runtime.now())
    return visit.go(f"/reconcile/open?{_query(_wanted(visit))}".rstrip("?"))


def hand_over(visit: Visit) -> Response:
    """The sheet that gives all that fit to one person."""
    return _hand_sheet(visit)


def hand_over_act(visit: Visit) -> Response:
    """The act, and back to the list."""
    wanted, owner = _wanted(visit), visit.form.get("owner", "").strip()
    with visit.runtime.transaction() as session:
        if owner and owner not in others(session, "own_act", ()):
            return _hand_sheet(visit, problem=visit.say("hand.no_owner"))
        count, confirmed = min(HAND_MAX, count_open(session, wanted)), number_of(visit.form.get("count", ""))
        if confirmed is None or count > confirmed * (1 + MOVED_SHARE):
            return _hand_sheet(visit, problem=visit.say("steer.moved", before=confirmed or 0, n=count))
        hand(session, wanted, owner, by=visit.actor, at=visit.runtime.now())
    return visit.go(f"/reconcile/open?{_query(wanted)}".rstrip("?"))


def _hand_sheet(visit: Visit, *, problem: str = "") -> Response:
    wanted = _wanted(visit)
    with visit.runtime.transaction(read_only=True) as session:
        count = min(HAND_MAX, count_open(session, wanted))
        template = "_hand_sheet.html" if visit.fragment else "hand_sheet.html"
        return visit.page(template, count=count, most=HAND_MAX, owners=others(session, "own_act", ()), problem=problem, query=_query(wanted), possible=count > 0)


# --- as a file -------------------------------------------------------------------------------------------------------


def differences_file(visit: Visit) -> Response:
    """The list as a file, numbers masked."""
    return _file(visit, masked=True)


def differences_numbers_act(visit: Visit) -> Response:
    """The same with whole numbers; that is kept."""
    with visit.runtime.transaction() as session:
        audit.record(
            session, actor=visit.actor, action="reconcile.numbers", object_kind="reconcile_differences", object_id="open", at=visit.runtime.now(), filter=_query(_wanted(visit))
        )
    return _file(visit, masked=False)


def _file(visit: Visit, *, masked: bool) -> Response:
    header = [visit.say(f"column.{name}") for name in COLUMNS]
    return csv_answer(f"differences-{business_day(visit.runtime.now())}.csv", header, _rows(visit, _wanted(visit), masked=masked))


def _rows(visit: Visit, wanted: WantedOpen, *, masked: bool) -> Iterator[list[Any]]:
    today, after = business_day(visit.runtime.now()), None
    say = dressing(visit)
    while True:
        with visit.runtime.transaction(read_only=True) as session:
            lines = open_page(session, wanted, after=after, limit=CHUNK_ROWS)
            rows = [_row(visit, line.row, say, today, masked=masked) for line in lines]
        yield from rows
        if len(lines) < CHUNK_ROWS:
            return
        after = lines[-1].row.first_day, lines[-1].row.id


def _row(visit: Visit, row: ReconcileDifference, say: dict[str, Any], today: date, *, masked: bool) -> list[Any]:
    sides = " / ".join(named(visit.language, "order", state) for state in (row.boss, row.misc, row.platform))
    return [
        MSISDN(row.msisdn).masked if masked else row.msisdn, row.service_id, row.name, say["class_words"](row.name), sides, f"{row.money_fen / 100:.2f}",
        row.first_day.isoformat(), (today - row.first_day).days + 1, say["action_words"](row.action) if row.action else "", row.owner, row.tries,
    ]  # fmt: skip


# --- what the address says -------------------------------------------------------------------------------------------


def _wanted(visit: Visit) -> WantedOpen:
    query = visit.request.query_params
    name, action, owner = query.get("class", ""), query.get("action", ""), query.get("owner", "")[:80]
    return WantedOpen(name if name in CLASSES else "", action if action in FILTERED else "", owner, visit.city)


def _query(wanted: WantedOpen) -> str:
    """The filter as it stands in an address."""
    return urlencode([(name, value) for name, value in (("class", wanted.name), ("action", wanted.action), ("owner", wanted.owner)) if value])


def _cursor(line: OpenLine) -> str:
    return f"{line.row.first_day.isoformat()}_{line.row.id}"


def _after(visit: Visit) -> tuple[date, int] | None:
    """Behind which row the page begins; what is no cursor is the beginning."""
    day, _, last = visit.request.query_params.get("after", "").partition("_")
    if not last.isascii() or not last.isdecimal() or len(last) > 18:
        return None
    try:
        return date.fromisoformat(day), int(last)
    except ValueError:
        return None
