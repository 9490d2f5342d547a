"""Refunds: once for a charge, never more than was charged, agreed to by another person, handed over once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.charges import bills
from reconciliation.charges.models import BOUNCED, HANDED, OVER, PAID, STATES, Refund
from reconciliation.refunds import deciding, handing, listing
from reconciliation.refunds.asking import Wish, ask
from reconciliation.refunds.history import months_of
from reconciliation.refunds.rules import BILL, FREE, MOVES, PRICE, Charged, add_months, bound, held_within
from reconciliation.stop_send.models import RecoveryCredit
from subscribers.models import Reader, ReaderServiceMonth
from subscribers.orders.change import Change
from subscribers.orders.models import ReaderNumber
from subscribers.orders.services import apply
from tests.integration.reconciliation.runs.filing import number

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
OCTOBER, SEPTEMBER, NOVEMBER = date(2026, 10, 1), date(2026, 9, 1), date(2026, 11, 1)


def _reader(session: Session, index: int = 1) -> Reader:
    return session.scalars(select(Reader).where(Reader.msisdn == number(index))).one()


def _orders(session: Session) -> None:
    began = datetime(2026, 8, 15, tzinfo=UTC)
    apply(session, [Change(number(index), "order", "misc", f"o{index}", began, "news", price_fen=300) for index in (1, 2)], now=NOW)
    apply(session, [Change(number(3), "order", "misc", "o3", began, "news", fee_msisdn=number(77), price_fen=300)], now=NOW)
    bills.keep(session, OCTOBER, [(_reader(session, index).id, "news", 300) for index in (1, 3)], run_id=1, keep_months=24)
    session.add(ReaderServiceMonth(month=OCTOBER, reader_id=_reader(session).id, service_id="news", retrieved=2, failed=28))
    session.flush()


def _wish(month: date = OCTOBER, fen: int = 300, key: str = "k1") -> Wish:
    return Wish("news", month, fen, "nothing", key, "没收到")


def _refused(session: Session, wish: Wish, word: str, index: int = 1) -> None:
    with pytest.raises(UsageError) as caught:
        ask(session, _reader(session, index), wish, by="zhou", now=NOW)
    assert caught.value.word == word, str(caught.value)


def test_a_charge_is_asked_back_once_and_within_what_it_was(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        _orders(session)
        reader = _reader(session)
        _refused(session, _wish(fen=301), "refund.amount_out")
        _refused(session, _wish(fen=0), "refund.amount_out")
        _refused(session, _wish(add_months(OCTOBER, -14)), "refund.month_out")
        _refused(session, _wish(date(2026, 12, 1)), "refund.month_out")
        _refused(session, _wish(date(2026, 7, 1)), "refund.not_charged")
        _refused(session, _wish(), "refund.not_charged", index=2)  # the month's bill does not name him
        first, new = ask(session, reader, _wish(fen=250), by="zhou", now=NOW)
        assert new and (first.basis, first.charged_fen, first.retrieved, first.failed) == (BILL, 300, 2, 28)
        assert ask(session, reader, _wish(fen=250), by="zhou", now=NOW) == (first, False), "the same sheet twice"
        _refused(session, _wish(key="k2"), "refund.again")
        session.add(RecoveryCredit(replay_id=1, month=SEPTEMBER, reader_id=reader.id, service_id="news", missed=9, published=30, price_fen=300, credit_fen=90, created_at=NOW))
        session.flush()
        _refused(session, _wish(SEPTEMBER, 211, "k3"), "refund.amount_out")  # a part was credited when his stop ended
        second, _ = ask(session, reader, _wish(SEPTEMBER, 210, "k3"), by="zhou", now=NOW)
        assert second.basis == PRICE
        assert [one.charged.month for one in months_of(session, [reader.id], NOW)] == [NOVEMBER, OCTOBER, SEPTEMBER, date(2026, 8, 1)]
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.action)).all().count("refund.ask") == 2


def test_another_person_agrees_and_it_is_handed_over_once(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        _orders(session)
        mine, _ = ask(session, _reader(session), _wish(), by="zhou", now=NOW)
        paid_by_another, _ = ask(session, _reader(session, 3), _wish(key="k3"), by="shop/li", now=NOW)
        for refund, name in ((mine, "ZHOU"), (paid_by_another, "shop/wang")):
            with pytest.raises(UsageError, match="another person approves"):
                deciding.decide(session, refund, True, "", by=name, now=NOW)
        with pytest.raises(UsageError, match="says why"):
            deciding.decide(session, mine, False, " ", by="wang", now=NOW)
        for refund in (mine, paid_by_another):
            deciding.decide(session, refund, True, "", by="wang", now=NOW)
        assert handing.waiting(session) == (2, 600)
        batch = handing.hand_over(session, by="wang", now=NOW)
        with pytest.raises(UsageError, match="no approved refund waits"):
            handing.hand_over(session, by="wang", now=NOW)
        with pytest.raises(UsageError, match="handed"):
            deciding.decide(session, mine, False, "zu spät", by="wang", now=NOW)
        assert [(row[1], row[4]) for row in handing.rows_of(session, batch.name)] == [(number(1), 300), (number(77), 300)], "to whom was charged"
        session.add(ReaderNumber(reader_id=None, msisdn=number(77), since=NOW - timedelta(days=5), until=None, why="transfer", source="boss", recorded_at=NOW))
        session.flush()
        assert [row[1] for row in handing.rows_of(session, batch.name)] == [number(1), ""], "the next owner of a number is paid nothing"
        deciding.close(session, mine, True, "", by="wang", now=NOW)
        deciding.close(session, paid_by_another, False, "号码已销户", by="wang", now=NOW)
        assert (mine.state, paid_by_another.state) == (PAID, BOUNCED)
        assert [(one.refunds, one.open, one.fen) for one in handing.batches(session, limit=5)] == [(2, 0, 600)]
        again, _ = ask(session, _reader(session, 3), _wish(key="k4"), by="zhou", now=NOW)
        assert again.id != paid_by_another.id, "what came back may be asked for anew"
        assert bills.sums(session, OCTOBER) == {PAID: (1, 300), BOUNCED: (1, 300), "asked": (1, 300)}
        assert listing.counts(session, NOW + timedelta(hours=73)) == ({"asked": (1, 300)}, 1)


def test_a_forgotten_person_leaves_the_sum_and_nothing_of_himself(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        _orders(session)
        refund, _ = ask(session, _reader(session), _wish(), by="zhou", now=NOW)
        assert bills.forget_number(session, number(1)) == {"bill_charges": 1, "refunds": 1}
        assert (refund.reader_id, refund.text, refund.amount_fen) == (None, "", 300)


# --- rules -----------------------------------------------------------------------------------------------------------

MAYBE = st.none() | st.integers(0, 10_000)


@given(billed=MAYBE, price=MAYBE, held=st.booleans(), credited=st.integers(0, 10_000), free=st.integers(0, 1000))
def test_nobody_gets_back_more_than_he_was_charged(billed: int | None, price: int | None, held: bool, credited: int, free: int) -> None:
    one = Charged(OCTOBER, "news", billed, price, held, credited)
    most, basis = bound(one, free)
    known = one.charged_fen
    assert most >= 0 and basis in (BILL, PRICE, FREE)
    assert most + min(credited, known or free) <= (known or free) if basis != BILL else most <= (known or 0)


@given(cuts=st.lists(st.integers(0, 60), max_size=8), first=st.booleans())
def test_an_order_holds_as_its_days_say(cuts: list[int], first: bool) -> None:
    """Against a day by day count."""
    start = datetime(2026, 9, 1, tzinfo=UTC)
    begins, ends = start + timedelta(days=20), start + timedelta(days=40)
    changes, held = [], not first
    for day in sorted(set(cuts)):
        held = not held
        changes.append((start + timedelta(days=day), "active" if held else "cancelled"))
    states = {"at": bool(changes) and changes[0][1] == "cancelled"}
    days = set()
    for day in range(61):
        told = [state for at, state in changes if at == start + timedelta(days=day)]
        before = states["at"]
        if told:
            states["at"] = told[-1] == "active"
        if start + timedelta(days=day) < ends and day >= 20 and (states["at"] or (told and before)):
            days.add(day)
    assert held_within(changes, begins, ends) == bool(days)


def test_every_state_may_be_reached_and_what_is_over_stays_so() -> None:
    assert set(MOVES) == set(STATES) == {"asked", *(to for some in MOVES.values() for to in some)}
    assert all(not MOVES[one] for one in (*OVER, PAID)) and MOVES[HANDED]
    assert {one.name for one in Refund.__table__.columns} >= {"batch", "closed_at"}
