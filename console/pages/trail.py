"""The audit trail: who did what to what and when; shown, filtered, and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from console import rights
from console.downloads import CHUNK_ROWS, csv_answer
from console.visit import Visit
from huabao import audit as audits
from huabao.clock import business_day, shanghai_text
from monitoring import trail
from monitoring.trail import Cursor, Wanted

PAGE_ROWS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = ("at", "actor", "action", "kind", "object", "detail")
OBJECT_PATHS = {"dispatch": "/dispatches/{}", "port": "/ports/{}", "reader": "/readers/{}", "reconcile_run": "/reconcile/runs/{}", "setting": "/settings#setting-{}"}
ROUTES = {"dispatch": "dispatch", "port": "port", "reader": "reader", "reconcile_run": "reconcile_run", "setting": "settings"}


def audit(visit: Visit) -> Response:
    """The entries, the newest first, fifty at a time."""
    wanted = _wanted(visit)
    with visit.runtime.transaction(read_only=True) as session:
        found = trail.page(session, wanted, after=_after(visit), limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        return visit.page(
            "audit.html",
            lines=[(one, _path(visit, one), one.action in trail.NUMBERS, said_detail(one)) for one in lines],
            older=_cursor(lines[-1]) if len(found) > PAGE_ROWS else "",
            first=not visit.request.query_params.get("after"),
            wanted=wanted,
            query=_query(wanted),
            actions=[one for one in trail.actions(session) if one.partition(".")[0] not in wanted.hidden],
            kinds=trail.kinds(session, hidden=wanted.hidden),
        )


def audit_file(visit: Visit) -> Response:
    """The same entries as a file; that somebody took it is an entry too."""
    wanted, now = _wanted(visit), visit.runtime.now()
    with visit.runtime.transaction() as session:
        audits.record(session, actor=visit.actor, action="audit.download", object_kind="audit", object_id=str(business_day(now)), at=now, filter=_query(wanted))
    header = [visit.say(f"audit.{name}") for name in COLUMNS]
    return csv_answer(f"audit-{business_day(now)}.csv", header, _rows(visit, wanted))


def _rows(visit: Visit, wanted: Wanted) -> Iterator[list[Any]]:
    after: Cursor | None = None
    while True:
        with visit.runtime.transaction(read_only=True) as session:
            found = trail.page(session, wanted, after=after, limit=CHUNK_ROWS)
            rows = [[shanghai_text(one.at), one.actor, one.action, one.object_kind, one.object_id, json.dumps(one.detail, ensure_ascii=False, default=str)] for one in found]
            after = (found[-1].at, found[-1].id) if found else None
        yield from rows
        if len(rows) < CHUNK_ROWS:
            return


def said_detail(entry: audits.AuditEntry) -> list[tuple[str, str]]:
    """What an entry says beside the act, short enough for a line."""
    found: list[tuple[str, str]] = []
    for name, value in (entry.detail or {}).items():
        if value in (None, "", [], {}):
            continue
        if name == "changes" and isinstance(value, dict):
            found += [(what, f"{_short(pair[0])} → {_short(pair[1])}") for what, pair in value.items() if isinstance(pair, list) and len(pair) == 2]
        else:
            found.append((name, _short(value)))
    return found


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _path(visit: Visit, entry: audits.AuditEntry) -> str:
    """Where the object is shown, or ""."""
    place, route = OBJECT_PATHS.get(entry.object_kind), ROUTES.get(entry.object_kind)
    known = place is not None and route is not None and any(one.name == route for one in rights.RIGHTS) and visit.may(route)
    plain = entry.object_id.isdecimal() or entry.object_kind in ("port", "setting")
    return place.format(entry.object_id) if place is not None and known and plain else ""


def _wanted(visit: Visit) -> Wanted:
    query = visit.request.query_params
    hidden = () if visit.who is not None and visit.who.role == rights.ADMIN else trail.OF_MASTERS
    text = {name: query.get(name, "").strip()[:120] for name in ("actor", "action", "kind", "object")}
    return Wanted(text["actor"], text["action"], text["kind"], text["object"], _day(query.get("since", "")), _day(query.get("until", "")), query.get("numbers") == "1", hidden)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _query(wanted: Wanted) -> str:
    """The filter as it stands in an address."""
    days = [("since", wanted.since), ("until", wanted.until)]
    parts = [("actor", wanted.actor), ("action", wanted.action), ("kind", wanted.kind), ("object", wanted.object_id), *((name, str(day)) for name, day in days if day)]
    return urlencode([(name, value) for name, value in [*parts, ("numbers", "1" if wanted.numbers else "")] if value])


def _cursor(entry: audits.AuditEntry) -> str:
    return f"{(entry.at - EPOCH) // timedelta(microseconds=1)}-{entry.id}"


def _after(visit: Visit) -> Cursor | None:
    """Behind which entry the page begins; what is no cursor is the beginning."""
    micros, dash, entry_id = visit.request.query_params.get("after", "").partition("-")
    if not dash or not (micros + entry_id).isascii() or not (micros.isdecimal() and entry_id.isdecimal()) or len(micros) > 17 or len(entry_id) > 18:
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(entry_id)
