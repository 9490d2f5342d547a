"""A plan is made in lots: cut short anywhere, or made by two at once, it ends as one that was made in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.diff import Difference
from reconciliation.runs import guard, ledger, planning
from reconciliation.runs.models import PLANNED, PLANNING, ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import apply_repairs, reconcile, summary
from tests.integration.reconciliation.runs.filing import order, ready, record, run, subscribe

READERS = 9


class Killed(BaseException):
    """Like a kill: nothing catches it, and the transaction that is open is lost."""


def _plan(runtime: Runtime, run_id: int) -> list[tuple[object, ...]]:
    with runtime.transaction(read_only=True) as session:
        c, r = ReconcileDifference, ReconcileRepair
        rows = session.execute(select(c.msisdn, c.name, c.tries, r.side, r.action, r.state).join(r, r.difference_id == c.id).where(r.run_id == run_id).order_by(c.msisdn, r.side))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("at", [1, 4])
def test_a_plan_that_is_cut_short_is_made_anew(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 2)
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(range(READERS), "a"))
    wanted = order(tmp_path, [], [])
    calls = 0
    whole = ledger.enter

    def cut(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise Killed
        whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "enter", cut)
    with pytest.raises(Killed):
        reconcile(here, wanted)
    monkeypatch.setattr(planning, "enter", whole)
    with here.transaction() as session:
        cut_short = session.scalars(select(ReconcileRun)).one()
        assert (cut_short.state, cut_short.plan) == (PLANNING, "")
        with pytest.raises(UsageError, match="cut short"):
            guard.approve(session, cut_short.id, by="li", at=here.now())
    with pytest.raises(UsageError, match="cut short"):
        apply_repairs(here, cut_short.id, by="li")
    again = run(here, wanted)
    assert again.run.id == cut_short.id and again.run.state == "compared" and len(again.run.plan) == 64
    assert [row[-1] for row in _plan(here, again.run.id)] == [PLANNED] * READERS
    assert again.run.figures["actions"] == {"stop": READERS} and "planner" not in again.run.figures
    assert run(here, wanted).run.plan == again.run.plan, "the same plan, so that what was agreed to stays agreed to"


def test_of_two_that_plan_one_run_the_first_stops(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 4)
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(range(READERS), "a"))
    wanted, whole, other = order(tmp_path, [], []), ledger.chunks, list[int]()

    def meanwhile(differences: Iterable[Difference]) -> Iterator[list[Difference]]:
        for some in whole(differences):
            yield some
            if not other:  # between two transactions of the first
                other.append(0)
                other.append(reconcile(here, wanted))

    monkeypatch.setattr(planning, "chunks", meanwhile)
    with pytest.raises(UsageError, match="another process plans run"):
        reconcile(here, wanted)
    with here.transaction(read_only=True) as session:
        found = summary(session, other[1])
    assert found.run.state == "compared" and dict(found.states) == {PLANNED: READERS}


def test_what_is_gone_is_closed_in_lots(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 2)
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(range(READERS), "a"))
    everybody = [record(index, "a") for index in range(READERS)]
    first = run(here, order(tmp_path, everybody[READERS:], everybody))
    assert first.run.figures["differences"] == {"xaa": READERS}
    second = run(here, order(tmp_path / "more", everybody[1:5], everybody))
    assert second.run.figures["closed"] == {"gone": 4}
    with here.transaction(read_only=True) as session:
        still = session.scalars(select(ReconcileDifference.msisdn).where(ReconcileDifference.closed_at.is_(None)).order_by(ReconcileDifference.msisdn)).all()
    assert still == [everybody[index].msisdn for index in (0, *range(5, READERS))]
