"""Whoever has no number any more is shown, counted, exported and addressed nowhere; whoever is forgotten leaves nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers import services, store
from subscribers.exports import export_readers
from subscribers.models import NO_NUMBER, Reader, Subscription, SubscriptionEvent
from subscribers.orders.models import AppliedTransaction, AwaitedChange, ReaderNumber
from subscribers.segments.store import count_readers
from tests.integration.orders.test_apply import ANNA, BORIS, NOW, at, change, tell, verdicts


def test_what_stands_for_a_number_is_shown_nowhere(runtime: Runtime, tmp_path: Path) -> None:
    tell(runtime, change("order", 1), change("order", 1, msisdn=BORIS), change("closed", 2, source="boss"))
    with runtime.transaction() as session:
        assert list(session.scalars(select(Reader.msisdn).where(store.has_number_sql()))) == [BORIS]
        assert count_readers(session, None) == 1
        gone = session.scalars(select(Reader).where(~store.has_number_sql())).one()
        assert gone.msisdn == f"{NO_NUMBER}{gone.id}" and MSISDN(gone.msisdn).masked == "****"
    assert export_readers(runtime, tmp_path / "r.csv", by="li") == 1
    assert NO_NUMBER + "1" not in (tmp_path / "r.csv").read_text()


def test_a_forgotten_reader_leaves_no_number_behind(runtime: Runtime) -> None:
    old = "13800000003"
    told = [change("order", 1, msisdn=old, key="first"), change("number_change", 2, source="boss", msisdn=old, new_msisdn=ANNA), change("order", 3, msisdn=BORIS, fee_msisdn=ANNA)]
    tell(runtime, *told, change("cancel", 500), now=at(4))
    with runtime.transaction() as session:
        gone = services.forget(session, MSISDN(ANNA), by="li", at=NOW)
        assert (gone["reader_numbers"], gone["awaited_changes"], gone["subscriptions"]) == (2, 1, 1)
    with runtime.transaction() as session:
        for model in (ReaderNumber, AwaitedChange):
            assert session.scalar(select(func.count()).select_from(model)) == 0
        assert session.scalars(select(Subscription.fee_msisdn)).all() == [None]
        assert set(session.scalars(select(SubscriptionEvent.fee_msisdn))) == {None}
        assert session.scalar(select(func.count()).where(AppliedTransaction.reader_id.is_(None))) == 3
    assert verdicts(tell(runtime, *told)) == ["repeated"] * 3
    with runtime.transaction() as session:
        assert session.scalars(select(Reader.msisdn)).all() == [BORIS], "what comes twice brings nobody back"
