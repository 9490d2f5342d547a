"""The overview, and the lists of readers behind its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.overview import lists
from care.overview.figures import by_day, overview
from care.overview.lists import MarkLine, MoveLine, WantedMoves
from care.overview.marks import MARKS, NEW
from care.overview.rules import CAUSES, CHANNELS, JOINED, LEFT, WHATS
from console.downloads import CHUNK_ROWS, csv_answer
from console.graphs import DAYS, Graph, Series, asked_graph, graph_answer
from console.reader_view import titles_of
from console.rendering import named
from console.visit import Refused, Visit
from huabao.clock import SHANGHAI, business_day, shanghai_text
from huabao.msisdn import MSISDN

PAGE_ROWS = 50
DAY_S = 86_400.0


def overview_page(visit: Visit) -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = overview(session, visit.runtime.now(), city=visit.city)
        return visit.page("overview.html", found=found, titles=titles_of(session), causes=CAUSES, channels=CHANNELS)


def overview_chart(visit: Visit) -> Response:
    """Joins and leaves by day."""
    if asked_graph(visit) != "moves":
        raise Refused(404, "not_found")
    with visit.runtime.transaction(read_only=True) as session:
        days = by_day(session, business_day(visit.runtime.now()), city=visit.city)
    ground = [datetime.combine(day, time.min, SHANGHAI).astimezone(UTC).timestamp() for day, _, _ in days]
    series = (
        Series(visit.say("overview.joined"), "delivered", [joined for _, joined, _ in days]),
        Series(visit.say("overview.left"), "failed", [left for _, _, left in days], dash=True),
    )
    return graph_answer(visit, Graph(DAYS, visit.say("overview.unit"), ground, series, step=DAY_S), "moves")


# --- the lists -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A reader of a list; `after` is where the next page begins behind him."""

    reader_id: int
    number: str
    city: str
    cells: Sequence[Any]
    after: str


@dataclass(frozen=True)
class Listed:
    """One list: where it is, what it is called, its columns, how it is filtered, and its pages by where they begin."""

    path: str
    heading: str
    under: str
    columns: Sequence[str]
    filters: Sequence[tuple[str, Sequence[str], str]]
    query: str
    page: Callable[[Session, str, int], list[Line]]
    waiting: bool | None = None


def overview_moves(visit: Visit) -> Response:
    """Who joined or left."""
    return _shown(visit, _moves(visit))


def overview_moves_file(visit: Visit) -> Response:
    """The same as a file, numbers masked."""
    return _file(visit, _moves(visit))


def overview_marks(visit: Visit) -> Response:
    """Who is new without a paper, who never got anything."""
    return _shown(visit, _marks(visit))


def overview_marks_file(visit: Visit) -> Response:
    """The same as a file, numbers masked."""
    return _file(visit, _marks(visit))


def _moves(visit: Visit) -> Listed:
    query = visit.request.query_params
    what, cause, channel = query.get("what", ""), query.get("cause", ""), query.get("channel", "")
    wanted = WantedMoves(what if what in WHATS else JOINED, cause if cause in CAUSES else "", channel if channel in CHANNELS else "", None, visit.city)

    def page(session: Session, after: str, limit: int) -> list[Line]:
        before = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
        titles = titles_of(session)
        return [_move_line(visit, one, titles) for one in lists.moves(session, wanted, visit.runtime.now(), before=before, limit=limit)]

    return Listed(
        path="/overview/moves",
        heading=visit.say("overview.joined_list" if wanted.what == JOINED else "overview.left_list"),
        under=visit.say("overview.span_30"),
        columns=("number", "service", "cause", "channel", "moved_at"),
        filters=(("what", (JOINED, LEFT), wanted.what), ("cause", CAUSES, wanted.cause), ("channel", CHANNELS, wanted.channel)),
        query=urlencode([(name, value) for name, value in (("what", wanted.what), ("cause", wanted.cause), ("channel", wanted.channel)) if value]),
        page=page,
    )


def _move_line(visit: Visit, line: MoveLine, titles: dict[str, str]) -> Line:
    move = line.move
    cells = (
        titles.get(move.service_id, move.service_id), named(visit.language, "move_cause", move.cause), named(visit.language, "move_channel", move.channel), shanghai_text(move.at),
    )  # fmt: skip
    return Line(move.reader_id, MSISDN(line.msisdn).masked if line.msisdn else "", move.city, cells, str(move.event_id))


def _marks(visit: Visit) -> Listed:
    mark = str(visit.request.path_params["mark"])
    if mark not in MARKS:
        raise Refused(404, "not_found")
    waiting = mark == NEW and visit.request.query_params.get("waiting") == "1"

    def page(session: Session, after: str, limit: int) -> list[Line]:
        titles = titles_of(session)
        return [_mark_line(visit, one, titles) for one in lists.marked(session, mark, city=visit.city, waiting=waiting, after=lists.behind(after), limit=limit)]

    return Listed(
        path=f"/overview/marks/{mark}",
        heading=visit.say(f"overview.{mark}"),
        under="" if mark == NEW else visit.say("overview.never_note"),
        columns=("number", "service", "ordered", "month_money", *(("arrived",) if mark == NEW else ())),
        filters=(),
        query="waiting=1" if waiting else "",
        page=page,
        waiting=waiting if mark == NEW else None,
    )


def _mark_line(visit: Visit, line: MarkLine, titles: dict[str, str]) -> Line:
    mark = line.mark
    arrived = (shanghai_text(mark.arrived_at) if mark.arrived_at else visit.say("overview.none_yet"),) if mark.mark == NEW else ()
    price = visit.say("reader.price_none") if mark.price_fen is None else f"{mark.price_fen / 100:.2f}"
    cells = (titles.get(mark.service_id, mark.service_id), shanghai_text(mark.since), price, *arrived)
    return Line(mark.reader_id, MSISDN(line.msisdn).masked, mark.city, cells, lists.cursor(mark))


def _shown(visit: Visit, listed: Listed) -> Response:
    after = visit.request.query_params.get("after", "")[:80]
    with visit.runtime.transaction(read_only=True) as session:
        found = listed.page(session, after, PAGE_ROWS + 1)
    return visit.page(
        "overview_list.html", heading=listed.heading, under=listed.under, path=listed.path, query=listed.query, columns=listed.columns, filters=listed.filters,
        lines=found[:PAGE_ROWS], further=found[PAGE_ROWS - 1].after if len(found) > PAGE_ROWS else "", first=not after,
        may_wait=listed.waiting is not None, waiting=bool(listed.waiting),
    )  # fmt: skip


def _file(visit: Visit, listed: Listed) -> Response:
    header = [visit.say("overview.number"), visit.say("column.city"), *(visit.say(f"overview.{name}") for name in listed.columns[1:])]
    name = listed.path.rpartition("/")[2]
    return csv_answer(f"{name}-{business_day(visit.runtime.now())}.csv", header, _rows(visit, listed))


def _rows(visit: Visit, listed: Listed) -> Iterator[list[Any]]:
    after = ""
    while True:
        with visit.runtime.transaction(read_only=True) as session:
            found = listed.page(session, after, CHUNK_ROWS)
        yield from ([one.number, one.city, *one.cells] for one in found)
        if len(found) < CHUNK_ROWS:
            return
        after = found[-1].after
