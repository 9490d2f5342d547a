"""The month's lists, against readers each of whom is one case."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from huabao.runtime import Runtime
from reconciliation.charges.models import BillCharge
from reconciliation.refunds.asking import Wish, ask
from reconciliation.runs.bill import BillReader, Charge
from reconciliation.runs.models import MONTHLY
from reconciliation.runs.monthly import AFTER_CANCEL, NO_ORDER, NOT_CHARGED, NOTHING, UNDER, Served, judge
from reconciliation.runs.running import Order, Summary, reconcile, summary
from subscribers.models import Reader, ReaderServiceMonth
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import number, ready

MONTH = date(2026, 10, 1)
SEPTEMBER, OCTOBER, LATE = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 5, tzinfo=UTC)


def _month(runtime: Runtime, served: dict[int, tuple[int, int]]) -> None:
    with runtime.transaction() as session:
        ids = {row.msisdn: row.id for row in session.scalars(select(Reader))}
        rows = {index: counts for index, counts in served.items() if number(index) in ids}
        session.add_all(ReaderServiceMonth(month=MONTH, reader_id=ids[number(index)], service_id="news", retrieved=got, failed=failed) for index, (got, failed) in rows.items())


def _run(runtime: Runtime, bill: Path, day: date = date(2026, 10, 31)) -> Summary:
    run_id = reconcile(runtime, Order(day, {}, "test", kind=MONTHLY, bill=bill))
    with runtime.transaction(read_only=True) as session:
        return summary(session, run_id)


def _bill(folder: Path, lines: list[str], count: int | None = None) -> Path:
    path = folder / "bill.csv"
    path.write_text("msisdn,service_id,amount_fen\n" + "".join(f"{line}\n" for line in lines) + f"#count={len(lines) if count is None else count}\n")
    return path


def _listed(done: Summary, name: str) -> list[tuple[str, int]]:
    with Path(done.run.figures["lists"][name]["file"]).open(encoding="utf-8", newline="") as file:
        return [(row["msisdn"], int(row["owed_fen"])) for row in csv.DictReader(file)]


def test_each_case_stands_on_its_list(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    set_values(here, reconcile_bundle_services="pack")
    orders = [Change(number(index), "order", "misc", f"o{index}", SEPTEMBER, "news", price_fen=300) for index in (1, 2, 3, 4, 5, 8, 9)]
    orders.append(Change(number(4), "cancel", "misc", "c4", SEPTEMBER.replace(day=20), "news"))
    orders.append(Change(number(8), "cancel", "misc", "c8", OCTOBER, "news"))
    orders.append(Change(number(6), "order", "misc", "o6", LATE, "news", price_fen=300))
    orders.append(Change(number(7), "order", "misc", "o7", SEPTEMBER, "news", fee_msisdn=number(77)))
    with here.transaction() as session:
        apply(session, orders, now=NOW)
    _month(here, {1: (30, 1), 2: (0, 30), 3: (10, 20), 5: (29, 0), 6: (1, 0), 7: (30, 0), 8: (9, 0), 9: (1, 0)})
    with here.transaction() as session:
        second = session.scalars(select(Reader).where(Reader.msisdn == number(2))).one()
        ask(session, second, Wish("news", MONTH, 300, "nothing", "k"), by="zhou", now=NOW)
    # 1 right, 2 nothing, 3 under-served, 4 cancelled before, 5 not charged, 6 within 72 hours, 7 paid by 77, 8 cancelled within the month, 99 nobody
    lines = [f"{number(index)},news,300" for index in (1, 2, 3, 4, 8, 77, 99)]
    done = _run(here, _bill(tmp_path, [*lines, f"{number(9)},news,0"]))
    assert _listed(done, NOTHING) == [(number(2), 300)]
    assert _listed(done, UNDER) == [(number(3), 200)]
    assert _listed(done, AFTER_CANCEL) == [(number(4), 300)]
    assert _listed(done, NO_ORDER) == [(number(99), 300)]
    assert _listed(done, NOT_CHARGED) == [(number(5), 300)]
    assert done.run.figures["left_out"] == {"first_72_hours": 1, "another_pays": 1}
    assert done.run.figures["lists"][UNDER]["money_fen"] == 200
    with Path(done.run.figures["lists"][NOTHING]["file"]).open(encoding="utf-8", newline="") as file:
        assert [row["asked_back_fen"] for row in csv.DictReader(file)] == ["300"], "who pays by this list sees that he gets it back already"
    with here.transaction(read_only=True) as session:
        kept = session.execute(select(Reader.msisdn, BillCharge.amount_fen).join(BillCharge, BillCharge.reader_id == Reader.id).order_by(Reader.msisdn)).all()
    # 7 was served for what 77 paid; 99 is nobody's number
    assert [tuple(one) for one in kept] == [*((number(index), 300) for index in (1, 2, 3, 4, 7, 8)), (number(9), 0)]


def test_numbers_that_went_on_before_the_bill_came(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    november = datetime(2026, 11, 2, tzinfo=UTC)
    with here.transaction() as session:
        apply(session, [Change(number(index), "order", "misc", f"o{index}", SEPTEMBER, "news", price_fen=300) for index in (1, 2, 3, 4)], now=NOW)
        apply(session, [Change(number(5), "order", "misc", "o5", SEPTEMBER, "news", fee_msisdn=number(77))], now=NOW)
    _month(here, {1: (18, 0), 2: (28, 0), 4: (28, 0), 5: (18, 1)})
    went = [(1, "closed", OCTOBER), (3, "closed", SEPTEMBER.replace(day=20)), (4, "transfer", november), (5, "transfer", OCTOBER)]
    changes = [Change(number(index), event, "boss", f"e{index}", at) for index, event, at in went]
    changes.append(Change(number(2), "number_change", "boss", "e2", november, new_msisdn=number(22)))
    changes.append(Change(number(4), "order", "misc", "o44", november.replace(day=3), "news"))
    with here.transaction() as session:
        apply(session, changes, now=NOW)
    done = _run(here, _bill(tmp_path, [f"{number(index)},news,300" for index in (1, 2, 3, 4, 77)]))
    # 1 closed within the month, 2 and 4 given up after it, 77 paid for 5, who went within it: all right; 3 closed before it
    assert {name: _listed(done, name) for name in (NOTHING, NO_ORDER, NOT_CHARGED)} == {NOTHING: [], NO_ORDER: [], NOT_CHARGED: []}
    assert _listed(done, AFTER_CANCEL) == [(number(3), 300)]


def test_payers_and_prices_that_changed_before_the_bill_came(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    november = datetime(2026, 11, 2, tzinfo=UTC)
    orders = [Change(number(index), "order", "misc", f"o{index}", SEPTEMBER, "news", price_fen=300, fee_msisdn=number(70 + index)) for index in (1, 2, 3, 6)]
    orders += [Change(number(index), "order", "misc", f"o{index}", SEPTEMBER, "news", price_fen=300) for index in (4, 5)]
    later = [(1, 81, november), (2, 82, OCTOBER), (3, 83, SEPTEMBER.replace(day=20)), (4, 84, november), (5, None, november)]
    changes = [Change(number(index), "terms", "boss", f"t{index}", at, "news", fee_msisdn=number(payer) if payer else None, price_fen=500) for index, payer, at in later]
    changes.append(Change(number(6), "cancel", "misc", "c6", SEPTEMBER.replace(day=20), "news"))
    with here.transaction() as session:
        apply(session, orders, now=NOW)
        apply(session, changes, now=NOW)
    _month(here, {1: (28, 0), 2: (28, 0), 3: (28, 0), 4: (28, 0), 5: (28, 0)})
    done = _run(here, _bill(tmp_path, [f"{number(index)},news,300" for index in (71, 72, 73, 76)]))
    # 71 paid until after the month, 72 for a part of it, 73 had stopped paying before it, the order that 76 paid for had ended
    assert {name: _listed(done, name) for name in (NOTHING, UNDER, NO_ORDER)} == {NOTHING: [], UNDER: [], NO_ORDER: []}
    assert sorted(_listed(done, AFTER_CANCEL)) == [(number(73), 300), (number(76), 300)]
    # 4 and 5 paid for themselves then, at the price of then, and are not on the bill; others paid for 1, 2 and 3
    assert sorted(_listed(done, NOT_CHARGED)) == [(number(4), 300), (number(5), 300)]
    assert done.run.figures["left_out"] == {"another_pays": 3}


def test_who_pays_for_somebody_to_whom_nothing_came(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    with here.transaction() as session:
        apply(session, [Change(number(1), "order", "misc", "o1", SEPTEMBER, "news", price_fen=300, fee_msisdn=number(77))], now=NOW)
    _month(here, {1: (0, 28)})
    done = _run(here, _bill(tmp_path, [f"{number(77)},news,300"]))
    assert (_listed(done, NOTHING), _listed(done, NO_ORDER)) == ([(number(77), 300)], [])


def test_the_first_72_hours_are_those_of_the_order(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    told = [
        (1, "order", SEPTEMBER),
        (1, "cancel", LATE),
        (2, "order", SEPTEMBER),
        (2, "pause", OCTOBER),
        (2, "resume", LATE),
        (3, "order", OCTOBER),
        (3, "cancel", OCTOBER.replace(day=11)),
    ]
    with here.transaction() as session:
        apply(session, [Change(number(index), event, "misc", f"{event}{index}", at, "news") for index, event, at in told], now=NOW)
    _month(here, {1: (28, 0), 2: (10, 0), 3: (1, 0)})
    done = _run(here, _bill(tmp_path, []))
    # 1 left and 2 came back in the last days: neither is new; 3 stayed for a day
    assert [one for one, _ in _listed(done, NOT_CHARGED)] == [number(1), number(2)]
    assert done.run.figures["left_out"] == {"first_72_hours": 1}


def test_a_bill_that_does_not_hold_what_it_says_makes_no_list_and_counts_for_one_month(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW)
    bad = _run(here, _bill(tmp_path, [f"{number(1)},news,300"], count=2))
    assert [one["reason"] for one in bad.run.refused] == ["count"] and "lists" not in bad.run.figures
    good = _bill(tmp_path, [f"{number(1)},news,300"])
    assert not _run(here, good).run.refused
    assert [one["reason"] for one in _run(here, good, date(2026, 9, 30)).run.refused] == ["repeated"]


@given(amount=st.integers(0, 10**6), got=st.integers(0, 60), failed=st.integers(0, 60), held=st.booleans(), ever=st.booleans())
def test_nobody_is_owed_more_than_he_was_charged(amount: int, got: int, failed: int, held: bool, ever: bool) -> None:
    found = judge(Charge(number(1), "news", amount), Served(got, failed), held=held, ever=ever, share_min=0.5)
    assert found is None or 0 <= found[1] <= amount
    assert found is not None or not amount or got >= 0.5 * (got + failed)


@pytest.mark.parametrize("content", [b"", b"msisdn\n1\n", b"\xff\xfe", b"msisdn,service_id,amount_fen\n13800000001,news,3", b"x" * 100_000])
def test_what_is_no_bill_is_refused(tmp_path: Path, content: bytes) -> None:
    from reconciliation.codecs.feeds import FeedError

    path = tmp_path / "bill"
    path.write_bytes(content)
    with pytest.raises(FeedError):
        list(BillReader(path))
