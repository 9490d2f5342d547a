"""A walk through every route of the table, by whoever: the house it walks in, hostile words in every corner, and what no answer may hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from console import auth
from console.edge import FORM_HEADER
from console.rights import RIGHTS, Right
from content.models import EditionVersion, Publication
from delivery.models import Port
from huabao.audit import AuditEntry
from huabao.clock import business_day
from huabao.runtime import Runtime
from reconciliation.runs.models import ReconcileDifference
from reconciliation.stop_send.models import DeliveryStop
from subscribers.models import Reader
from tests.integration.console.desk_rows import BARRED, BENGBU, ELSEWHERE, STOPPED, add_difference, add_held_stops, add_readers, add_run, add_stop, number_of

SCRIPT = "<script>alert(1)</script>"
QUOTE = "\"><img src=x onerror=alert(1)>'"
FORMULA = "=cmd|' /C calc'!A0"
READERS = (1, 2, 3, 4)
HEFEI_READERS = (1, 2)

VALUES: dict[str, Any] = {
    "token": "abc", "handset_class": "100kb-240x320", "name": "mm-1", "file": "rate.csv", "verb": "hold", "mark": "0" * 12, "reader_id": BARRED, "number": 1,
}  # fmt: skip
"""What stands for a variable of a path; every other number is 1, every other text `x`."""


def build(runtime: Runtime) -> dict[str, Any]:
    """Readers, stops, differences, runs and an account to be changed, with hostile words wherever somebody else writes them; values of paths."""
    dispatch_id = add_readers(runtime)
    add_stop(runtime, ELSEWHERE, "unreachable", days=12)
    stop_run = add_held_stops(runtime)
    run_id = add_run(runtime, held=300, compared=10_000, matched=9_600)
    difference_id = add_difference(runtime, ELSEWHERE, run_id, owner=QUOTE)
    add_difference(runtime, STOPPED, run_id)
    with runtime.transaction() as session:
        victim = auth.add_user(session, "victim", "x", "support", city=None, by="test", now=runtime.now())
        session.execute(update(Publication).values(title=SCRIPT))
        session.execute(update(EditionVersion).values(title=SCRIPT + QUOTE))
        session.execute(update(Reader).where(Reader.id == ELSEWHERE).values(city=FORMULA, handset=SCRIPT + QUOTE))
        session.execute(update(ReconcileDifference).values(why=SCRIPT + QUOTE))
        session.execute(update(DeliveryStop).values(next_why=SCRIPT + QUOTE))
        session.execute(update(Port).values(state_reason=SCRIPT + QUOTE))
        session.add(AuditEntry(at=runtime.now(), actor=FORMULA, action="test", object_kind=SCRIPT, object_id=QUOTE, detail={"why": SCRIPT + QUOTE}))
        today = business_day(runtime.now())
        return {
            **VALUES,
            "day": today.isoformat(),
            "month": f"{today:%Y-%m}",
            "dispatch_id": dispatch_id,
            "difference_id": difference_id,
            "run_id": run_id if run_id != stop_run else 1,
            "user_id": victim.id,
        }


def path_of(one: Right, values: dict[str, Any]) -> str:
    """The route's address with its variables filled in."""

    def filled(found: re.Match[str]) -> str:
        return str(values.get(found[1], 1 if found[2] else "x"))

    return re.sub(r"\{(\w+)(:int)?\}", filled, one.path)


def in_order() -> Iterator[Right]:
    """Every route; what ends the walker's own sign-in comes last."""
    yield from sorted(RIGHTS, key=lambda one: one.name == "sign_out_act")


def call(client: TestClient, one: Right, path: str, csrf: str, *, refused: bool = False) -> Any:
    """The route as its own page calls it; a refusal that is expected as a line instead of a page, which costs less."""
    headers = {"accept": "application/json"} if refused else {}
    if one.method == "GET":
        return client.get(path, headers=headers)
    if one.body_bytes_max:
        return client.post(path, content=b"{}", headers={**headers, FORM_HEADER: csrf})
    return client.post(path, data={"csrf": csrf}, headers=headers)


def audited(runtime: Runtime) -> int:
    """How often a whole number was shown so far, by the audit trail."""
    with runtime.transaction(read_only=True) as session:
        return int(session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action.like("%number%"))) or 0)


def faults(answer: Any) -> list[str]:
    """What no answer may be or hold, whoever asked for it."""
    headers, kind = answer.headers, answer.headers.get("content-type", "")
    found = [f"status {answer.status_code}"] if answer.status_code >= 500 else []
    found += [f"no {name}" for name in ("content-security-policy", "x-frame-options", "x-content-type-options") if name not in headers]
    found += [] if headers.get("cache-control", "").partition(",")[0] in ("no-store", "private", "") else ["kept by shared caches"]
    if kind.startswith(("text/html", "text/csv", "application/json")) and answer.status_code == 200 and headers.get("cache-control") != "no-store":
        found += ["a page that a cache keeps"]
    if kind.startswith("text/html"):
        found += [f"{word!r} as markup" for word in (SCRIPT, "<img src=x") if word in answer.text]
    elif kind.startswith("text/csv"):
        cells = [cell for row in csv.reader(StringIO(answer.text.lstrip("\ufeff"))) for cell in row]
        found += [f"formula {cell!r}" for cell in cells if cell[:1] in tuple("=+-@\t\r")]
        found += [] if headers.get("content-disposition", "").startswith("attachment") else ["a file that opens in the browser"]
    return found


def whole_numbers(text: str) -> list[str]:
    """Whole numbers of the house's readers."""
    return [number_of(one) for one in READERS if number_of(one) in text]


def names_of_hefei(text: str) -> list[str]:
    """What tells of a reader of Hefei."""
    masked = [f"{number_of(one)[:3]}****{number_of(one)[-4:]}" for one in HEFEI_READERS]
    return [one for one in (*masked, *(number_of(one) for one in HEFEI_READERS)) if one in text]


CITY = BENGBU
