"""Whom a correction goes to: the statement against the same rule in Python, over any outcomes."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from delivery import partitions
from delivery.dispatch.correction import REACHED, UNREACHED, Older, unreached
from delivery.models import Outcome, deliveries
from huabao.clock import business_day
from huabao.runtime import Runtime

READERS = range(1, 7)
OUTCOMES = st.sampled_from(list(Outcome))
DISPATCHES = st.lists(st.dictionaries(st.sampled_from(READERS), OUTCOMES, max_size=6), min_size=1, max_size=3)


def expected(before: list[dict[int, Outcome]], since: list[dict[int, Outcome]], *, unknown: bool, pending: bool) -> set[int]:
    """Everybody with an older copy that did not reach him, none that did or may, and no present one that is not cancelled."""
    wanted = {*UNREACHED, *([Outcome.UNKNOWN] if unknown else []), *([Outcome.PENDING] if pending else [])}
    has = {*REACHED, *([] if unknown else [Outcome.UNKNOWN]), *([] if pending else [Outcome.PENDING])}
    found = set()
    for reader in READERS:
        old = [one[reader] for one in before if reader in one]
        new = [one[reader] for one in since if reader in one]
        if any(one in wanted for one in old) and not any(one in has for one in old) and all(one is Outcome.CANCELLED for one in new):
            found.add(reader)
    return found


@given(before=DISPATCHES, since=DISPATCHES | st.just([]), unknown=st.booleans(), pending=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_statement_and_the_rule_agree(runtime: Runtime, before: list[dict[int, Outcome]], since: list[dict[int, Outcome]], unknown: bool, pending: bool) -> None:
    today = business_day(runtime.now())
    with runtime.transaction() as session:
        session.execute(delete(deliveries))
        made: list[Any] = []
        for number, rows in enumerate([*before, *since], 1):
            day = today + timedelta(days=number % 2)
            partitions.ensure_day(session, day)
            made.append(SimpleNamespace(id=number, day=day, kind="edition"))
            common = {"day": day, "dispatch_id": number, "variant_id": 1, "port_id": 1, "late": 0, "route": 0}
            if rows:
                session.execute(insert(deliveries), [{**common, "reader_id": reader, "outcome": int(outcome)} for reader, outcome in rows.items()])
        older = Older(None, None, None, tuple(made[: len(before)]), tuple(made[len(before) :]), unknown)  # type: ignore[arg-type]  # only rows are asked for
        found = session.scalars(unreached(older, pending=pending)).all()
    assert set(found) == expected(before, since, unknown=unknown, pending=pending)
