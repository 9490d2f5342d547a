"""Many numbers at once: pasted, each looked at, and done together what is the next best step of each.

The numbers are posted and stand in no address; what is done goes by the readers' ids,
each looked up again for this person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX, number_of
from console.downloads import csv_answer
from console.many_readers import COPIES_DAYS, Line, Typed, lines_of, numbers_in, readers_by_id, readers_of
from console.reader_words import told
from console.settings import MANY_NUMBERS_MAX
from console.visit import Refused, Visit
from delivery.resend import services
from huabao import audit
from huabao.clock import business_day
from huabao.errors import StoreError, UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN
from reconciliation.stop_send import told as stops

RESEND, REACH = "resend", "reach"
ACTS: Final = (RESEND, REACH)
COLUMNS = ("number", "city", "edition", "outcome", "cause", "step")
TEXT_CHARS_MAX = 20_000


@dataclass(frozen=True)
class Sheet:
    """What the sheet is about.

    Attributes:
        count: of the readers shown, those whose next best step this act is.
        shown: all that were shown.
    """

    act: str
    ids: str
    count: int
    shown: int


def many(visit: Visit) -> Response:
    """The field."""
    return _page(visit, Typed(()), [])


def many_act(visit: Visit) -> Response:
    """The table."""
    with visit.runtime.transaction(read_only=True) as session:
        typed = numbers_in(visit.form.get("numbers", "")[:TEXT_CHARS_MAX], MANY_NUMBERS_MAX.get(session))
        found = readers_of(session, typed.numbers, city=visit.city)
        lines = lines_of(session, [found[one] for one in typed.numbers if one in found], visit.runtime.now())
        return _page(visit, typed, lines, strangers=[one.masked for one in typed.numbers if one not in found])


def _page(visit: Visit, typed: Typed, lines: Sequence[Line], *, strangers: Sequence[str] = ()) -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        most = MANY_NUMBERS_MAX.get(session)
    return visit.page(
        "many.html",
        here_path="/readers/many",
        typed=typed,
        lines=lines,
        strangers=strangers,
        asked=bool(visit.form),
        most=most,
        days=COPIES_DAYS,
        ids=",".join(str(one.reader.id) for one in lines),
        counts=Counter(one.first.act for one in lines),
        causes=Counter(one.first.cause.name for one in lines).most_common(),
        told=lambda word: told(word, visit.language, now),
        may_whole=visit.may("many_numbers_act"),
    )


def _ids(visit: Visit, most: int) -> list[int]:
    """The readers that a form names, at most `most`."""
    parts = [one for one in visit.form.get("ids", "").split(",") if one.isascii() and one.isdecimal() and len(one) < 19]
    return list(dict.fromkeys(map(int, parts)))[:most]


def _asked(visit: Visit, session: Session) -> list[Line]:
    ids = _ids(visit, MANY_NUMBERS_MAX.get(session))
    return lines_of(session, readers_by_id(session, ids, city=visit.city), visit.runtime.now())


# --- done together ---------------------------------------------------------------------------------------------------


def many_sheet_act(visit: Visit) -> Response:
    """The sheet of one act; it is posted, for it names many readers."""
    return _sheet(visit)


def many_do_act(visit: Visit) -> Response:
    """The act for each reader by himself, and what became of it; two presses of one sheet do it once."""
    act, reason, key = _act(visit), visit.form.get("reason", "").strip()[:REASON_CHARS_MAX], visit.form.get("key", "")[:40]
    if not reason or not key:
        return _sheet(visit, problem=visit.say("steer.reason_missing"))
    with visit.runtime.transaction(read_only=True) as session:
        lines = [one for one in _asked(visit, session) if one.first.act == act]
        wanted = [(one.reader.id, MSISDN(one.reader.msisdn), one.first.of) for one in lines]
    confirmed = number_of(visit.form.get("count", ""))
    if confirmed is None or len(wanted) > confirmed:
        return _sheet(visit, problem=visit.say("steer.moved", before=confirmed or 0, n=len(wanted)))
    done: Counter[str] = Counter()
    for reader_id, number, of in wanted:
        done[_resent(visit, reader_id, number, of, reason, key) if act == RESEND else _reached(visit, reader_id, of, reason)] += 1
    return visit.page("_many_done.html" if visit.fragment else "many_done.html", act=act, good=done.pop("", 0), bad=sorted(done.items()), shown=len(wanted))


def _resent(visit: Visit, reader_id: int, number: MSISDN, edition_id: int, reason: str, key: str) -> str:
    """Why his copy was not sent again; "" where it was."""
    try:
        answer = services.resend(visit.runtime, services.Ask(number, str(edition_id), reason, f"many:{key}:{reader_id}", False), actor=visit.actor)
    except (UsageError, StoreError) as error:
        return visit.why(error)
    return "" if answer.state == services.SENT else visit.say(f"refusal.{answer.refusal}")


def _reached(visit: Visit, reader_id: int, stop_id: int, reason: str) -> str:
    """Why no attempt was begun; "" where it was."""
    try:
        with visit.runtime.transaction() as session:
            stop = stops.find_open(session, reader_id, stop_id)
            if stop is None:
                return visit.say("reach.reach_gone")
            stops.reach(session, stop, by=visit.actor, reason=reason, now=visit.runtime.now())
    except UsageError:
        return visit.say("reach.reach_gone")
    return ""


def _act(visit: Visit) -> str:
    act = str(visit.request.path_params["act"])
    if act not in ACTS:
        raise Refused(404, "not_found")
    return act


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    act = _act(visit)
    with visit.runtime.transaction(read_only=True) as session:
        lines = _asked(visit, session)
    sheet = Sheet(act, ",".join(str(one.reader.id) for one in lines), sum(one.first.act == act for one in lines), len(lines))
    return visit.page(
        "_many_sheet.html" if visit.fragment else "many_sheet.html",
        sheet=sheet, problem=problem or ("" if sheet.count else visit.say("many.nobody_" + act)), key=visit.form.get("key", "")[:40] or new_token(12),
        reason=visit.form.get("reason", "") or (visit.say("reach.resend_reason") if act == RESEND else ""), reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip


# --- as a file -------------------------------------------------------------------------------------------------------


def many_file_act(visit: Visit) -> Response:
    """The table as a file, numbers masked; it is posted, for it names many readers."""
    return _file(visit, masked=True)


def many_numbers_act(visit: Visit) -> Response:
    """The same with whole numbers; that is kept."""
    with visit.runtime.transaction() as session:
        ids = [one.id for one in readers_by_id(session, _ids(visit, MANY_NUMBERS_MAX.get(session)), city=visit.city)]
        audit.record(session, actor=visit.actor, action="reader.numbers", object_kind="readers", object_id="many", at=visit.runtime.now(), readers=ids)
    return _file(visit, masked=False)


def _file(visit: Visit, *, masked: bool) -> Response:
    now = visit.runtime.now()
    header = [visit.say(f"many.column_{name}") for name in COLUMNS]
    return csv_answer(f"readers-{business_day(now)}.csv", header, _rows(visit, now, masked=masked))


def _rows(visit: Visit, now: datetime, *, masked: bool) -> Iterator[tuple[object, ...]]:
    with visit.runtime.transaction(read_only=True) as session:
        lines = _asked(visit, session)
        for one in lines:
            newest = next(iter(one.view.copies), None)
            number = one.view.number if masked else one.reader.msisdn
            edition = "" if newest is None else f"{newest.title} {visit.say('dispatch.number', n=newest.number)}"
            outcome = "" if newest is None else visit.say(f"outcome.{newest.copy.outcome.name.lower()}")
            step = "" if one.first.step is None else told(one.first.step, visit.language, now)
            yield number, one.reader.city, edition, outcome, told(one.first.cause, visit.language, now), step
