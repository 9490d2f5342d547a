"""A house of two cities whose counts are told apart by their figures: what is the other city's, or of both together, is known wherever it stands."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import insert, select, update

from console import auth
from delivery.models import DeliveryEvent, Dispatch, DispatchTransition, Outcome, deliveries
from huabao.runtime import Runtime
from monitoring.tallies import tally_due
from subscribers.models import Reader
from tests.integration.console.dispatch_rows import _HASH, add_dispatch, add_report, add_submission, settle

MINE, OTHER = "蚌埠", "合肥"
PLANNED = {MINE: 582, OTHER: 3151}
RETRIEVED = {MINE: 411, OTHER: 2903}
EXPIRED = {MINE: 64, OTHER: 173}
EXCLUDED = {MINE: 31, OTHER: 1217}
AGENT = "bengbu"

OTHERS = (
    *(one for counts in (PLANNED, RETRIEVED, EXPIRED, EXCLUDED) for one in (counts[OTHER], sum(counts.values()))),
    PLANNED[OTHER] + EXCLUDED[OTHER],
    sum(PLANNED.values()) + sum(EXCLUDED.values()),
)
"""Figures that no answer to this city may hold: the other's, and both together."""


def build(runtime: Runtime) -> int:
    """A dispatch to both cities: readers in time, late, without it and excluded in each; and one to the other city alone; counted. The first one's number."""
    dispatch_id = add_dispatch(runtime, planned=sum(PLANNED.values()), excluded={"stopped": sum(EXCLUDED.values())})
    first = 0
    for city in (MINE, OTHER):
        here = range(first + 1, first + 1 + PLANNED[city])
        _add_readers(runtime, here, city)
        late = here.start + RETRIEVED[city] // 3
        settle(runtime, dispatch_id, Outcome.RETRIEVED, range(here.start, late), ago_s=600)
        settle(runtime, dispatch_id, Outcome.RETRIEVED, range(late, here.start + RETRIEVED[city]), ago_s=4000)
        settle(runtime, dispatch_id, Outcome.EXPIRED, range(here.stop - EXPIRED[city], here.stop), ago_s=300)
        first = here.stop - 1
    begin = 1_000_000
    for city in (MINE, OTHER):
        _add_readers(runtime, range(begin, begin + EXCLUDED[city]), city)
        begin += EXCLUDED[city]
    add_submission(runtime, dispatch_id)
    add_report(runtime, 1, "Expired", "4446")
    alone = add_dispatch(runtime, planned=5, number="1523", excluded={})
    with runtime.transaction() as session:
        session.execute(update(DeliveryEvent).values(outcome=int(Outcome.EXPIRED)))
        one = session.get_one(Dispatch, dispatch_id)
        one.start_at = one.started_at = runtime.now() - timedelta(hours=2)
        one.deadline_at = runtime.now() - timedelta(minutes=30)
        _words(session.scalars(select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id)).one())
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == alone).values(reader_id=deliveries.c.reader_id + PLANNED[MINE]))
        auth.add_user(session, AGENT, _HASH, "ops", city=MINE, by="test", now=runtime.now())
    tally_due(runtime)
    return dispatch_id


def _words(change: DispatchTransition) -> None:
    change.reason = f"{sum(PLANNED.values())} readers, {PLANNED[OTHER]} of them in one city"


def _add_readers(runtime: Runtime, ids: range, city: str) -> None:
    now = runtime.now()
    common = {"account_state": "normal", "account_at": now, "account_source": "boss", "topics": [], "attributes": {}, "created_at": now, "updated_at": now}
    with runtime.transaction() as session:
        session.execute(insert(Reader), [{"id": one, "msisdn": f"138{one:08d}", "city": city, **common} for one in ids])


def leaks(text: str) -> list[str]:
    """Figures of the other city, or of both, and its name, as they stand in an answer."""
    found = [str(one) for one in OTHERS if re.search(rf"(?<![\d.,:/#\"-])(?:{one}|{one:,})(?![\d:%\w])", text)]
    return found + ([OTHER] if OTHER in text.replace("合肥地铁", "") else [])
