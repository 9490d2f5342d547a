"""The recovery board: who is stopped, what is tried, what a month brought; and the lists behind the counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from starlette.responses import Response

from console.agreeing import others
from console.downloads import CHUNK_ROWS, csv_answer
from console.reader_view import titles_of
from console.rendering import named
from console.texts import CHINESE
from console.visit import Visit
from huabao import audit
from huabao.clock import business_day, shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from monitoring.kept import Kept
from reconciliation.stop_send import report
from reconciliation.stop_send.boards import AGES, StoppedLine, WantedStops, board, stopped_page
from reconciliation.stop_send.causes import CAUSES, NAMES, UNKNOWN

PAGE_ROWS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = ("number", "city", "service", "title", "cause", "failing", "stopped", "days", "tried", "step", "next", "price")


_months: Kept[report.Month] = Kept(0.0)


def recovery(visit: Visit) -> Response:
    """The board."""
    now = visit.runtime.now()
    this = business_day(now).replace(day=1)
    month = _month(visit, "month", this)
    base = _month(visit, "base", (month - timedelta(days=1)).replace(day=1))
    with visit.runtime.transaction(read_only=True) as session:
        found = board(session, now, city=visit.city)
        whole, before = (_months.get(session, (one, visit.city), now, partial(report.monthly, month=one, city=visit.city)) for one in (month, base))
        return visit.page(
            "recovery.html",
            found=found,
            ages=AGES,
            whole=whole,
            base=before,
            multiple=report.multiple(whole.whole.recovered, before.whole.recovered),
            usual=report.USUAL,
            best=report.BEST,
            causes=NAMES,
            order=[one for one in CAUSES if one in whole.stopped or one in whole.by_cause],
            nothing=report.Share(0, 0),
            seconds={run.id: others(session, "stop_run_act", [who for who, _ in run.approvals]) for run in found.held},
            may_settle=visit.may("stop_run_act"),
            instant=datetime.fromisoformat,
        )


def _month(visit: Visit, name: str, otherwise: date) -> date:
    given = visit.request.query_params.get(name, "")
    try:
        return report.month_of(given) if given else otherwise
    except UsageError:
        return otherwise


# --- the lists behind the counts -------------------------------------------------------------------------------------


def stopped(visit: Visit) -> Response:
    """Stopped readers, the longest first, fifty at a time."""
    now = visit.runtime.now()
    wanted = _wanted(visit)
    with visit.runtime.transaction(read_only=True) as session:
        found = stopped_page(session, wanted, now, after=_after(visit), limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        older = _cursor(lines[-1]) if len(found) > PAGE_ROWS else ""
        masked = {line.stop.id: MSISDN(line.msisdn).masked for line in lines}
        return visit.page(
            "stopped.html",
            lines=lines,
            masked=masked,
            older=older,
            first=not visit.request.query_params.get("after"),
            wanted=wanted,
            titles=titles_of(session),
            causes=NAMES,
            all_causes=CAUSES,
            ages=AGES,
            query=_query(wanted),
            may_whole=visit.may("stopped_numbers_act"),
        )


def stopped_file(visit: Visit) -> Response:
    """The same list as a file, numbers masked."""
    return _file(visit, masked=True)


def stopped_numbers_act(visit: Visit) -> Response:
    """The same with whole numbers; that is kept."""
    with visit.runtime.transaction() as session:
        audit.record(session, actor=visit.actor, action="recovery.numbers", object_kind="delivery_stops", object_id="open", at=visit.runtime.now(), filter=_query(_wanted(visit)))
    return _file(visit, masked=False)


def _file(visit: Visit, *, masked: bool) -> Response:
    header = [visit.say(f"column.{name}") for name in COLUMNS]
    name = f"stopped-{business_day(visit.runtime.now())}.csv"
    return csv_answer(name, header, _rows(visit, _wanted(visit), masked=masked))


def _rows(visit: Visit, wanted: WantedStops, *, masked: bool) -> Iterator[list[Any]]:
    now, after = visit.runtime.now(), None
    while True:
        with visit.runtime.transaction(read_only=True) as session:
            titles = titles_of(session)
            lines = stopped_page(session, wanted, now, after=after, limit=CHUNK_ROWS)
            yield from [_row(visit, line, titles, now, masked=masked) for line in lines]
        if len(lines) < CHUNK_ROWS:
            return
        after = lines[-1].stop.stopped_at, lines[-1].stop.id


def _row(visit: Visit, line: StoppedLine, titles: dict[str, str], now: datetime, *, masked: bool) -> list[Any]:
    stop = line.stop
    return [
        MSISDN(line.msisdn).masked if masked else line.msisdn, line.city, stop.service_id, titles.get(stop.service_id, ""),
        NAMES.get(stop.cause, NAMES[UNKNOWN])[visit.language == CHINESE], shanghai_text(stop.failing_since), shanghai_text(stop.stopped_at), (now - stop.stopped_at).days,
        stop.tried, named(visit.language, "attempt", line.running) if line.running else "", shanghai_text(stop.next_at) if stop.next_at else "",
        None if line.price_fen is None else f"{line.price_fen / 100:.2f}",
    ]  # fmt: skip


def _wanted(visit: Visit) -> WantedStops:
    query = visit.request.query_params
    cause, age = query.get("cause", ""), query.get("age", "")
    age_days = int(age) if age.isascii() and age.isdecimal() and len(age) < 4 and int(age) in AGES else None
    over = {str(days): days for days in AGES}.get(query.get("over", ""), 0)
    return WantedStops(cause if cause in CAUSES else "", age_days, query.get("listed") == "1", visit.city, query.get("paying") == "1", over)


def _query(wanted: WantedStops) -> str:
    """The filter as it stands in an address."""
    parts = [("cause", wanted.cause), ("age", "" if wanted.age_days is None else str(wanted.age_days)), ("listed", "1" if wanted.listed else "")]
    parts += [("paying", "1" if wanted.paying else ""), ("over", str(wanted.over_days or ""))]
    return "&".join(f"{name}={value}" for name, value in parts if value)


def _cursor(line: StoppedLine) -> str:
    return f"{(line.stop.stopped_at - EPOCH) // timedelta(microseconds=1)}-{line.stop.id}"


def _after(visit: Visit) -> tuple[datetime, int] | None:
    """Behind which row the page begins; what is no cursor is the beginning."""
    micros, dash, stop_id = visit.request.query_params.get("after", "").partition("-")
    if not dash or not (micros + stop_id).isascii() or not (micros.isdecimal() and stop_id.isdecimal()) or len(micros) > 17 or len(stop_id) > 18:
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(stop_id)
