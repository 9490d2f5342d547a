"""What one transaction did, put back; and changes whose time has not come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from huabao.runtime import Runtime
from subscribers.models import SubscriptionEvent
from subscribers.orders.as_of import state_at
from subscribers.orders.change import Result
from subscribers.orders.due import take_due
from subscribers.orders.services import apply, undo
from tests.integration.orders.test_apply import ANNA, BORIS, NOW, at, change, state, tell, verdicts


def put_back(runtime: Runtime, key: str, source: str = "misc", now: datetime = NOW) -> Result:
    with runtime.transaction() as session:
        return undo(session, source, key, now=now, why="hRet 4004")


def take(runtime: Runtime, hours: float) -> list[str]:
    with runtime.transaction() as session:
        return verdicts(apply(session, take_due(session, now=at(hours)), now=at(hours)))


def test_an_order_that_was_refused_after_all_never_was(runtime: Runtime) -> None:
    tell(runtime, change("order", 5, key="new"))
    result = put_back(runtime, "new")
    assert (result.verdict, result.before, result.after) == ("applied", "active", "cancelled")
    assert put_back(runtime, "new").verdict == "repeated" and put_back(runtime, "who").verdict == "refused"
    assert verdicts(tell(runtime, change("order", 5, key="new"))) == ["repeated"]
    with runtime.transaction() as session:
        assert [one.state for one in state_at(session, at(6))] == ["cancelled"]
        last = session.scalars(select(SubscriptionEvent).order_by(SubscriptionEvent.id.desc())).first()
        assert last is not None and (last.event, last.reason, last.transaction_id) == ("cancel", "undone: hRet 4004", "new")


def test_undoing_brings_back_state_payer_and_price(runtime: Runtime) -> None:
    tell(runtime, change("order", 1, fee_msisdn=BORIS, price_fen=300), change("pause", 3), change("order", 5, key="again", price_fen=500))
    assert put_back(runtime, "again").after == "paused"
    with runtime.transaction() as session:
        assert [one[2:] for one in state_at(session, at(9))] == [("paused", at(5), 300, BORIS)]
    assert verdicts(tell(runtime, change("resume", 4), change("resume", 6))) == ["late", "applied"]


def test_what_is_newer_stands(runtime: Runtime) -> None:
    tell(runtime, change("order", 1, key="a"), change("order", 2, key="b"), change("cancel", 2, key="c"), change("closed", 3, source="boss", key="d", msisdn=BORIS))
    assert [put_back(runtime, key).verdict for key in "abc"] == ["late", "unchanged", "applied"]
    tell(runtime, change("order", 1, msisdn=BORIS, key="e"), change("barred", 4, source="boss", key="f"), change("number_change", 5, source="boss", key="g", new_msisdn=BORIS))
    assert put_back(runtime, "g", "boss").verdict == "refused"
    assert put_back(runtime, "f", "boss").verdict == "applied" and state(runtime, BORIS) == ("active", "active", "normal", at(2))


def test_a_change_is_kept_until_its_instant(runtime: Runtime) -> None:
    results = tell(runtime, change("order", 1), change("cancel", 9, key="month's end"), change("pause", 4), change("order", 9, service_id="evening"), now=at(5))
    assert [(one.verdict, one.after) for one in results] == [("applied", "active"), ("applied", "active"), ("applied", "paused"), ("applied", None)]
    assert verdicts(tell(runtime, change("cancel", 9, key="month's end"), now=at(6))) == ["repeated"]
    assert state(runtime) == ("paused", "paused", "normal", at(4)) and state(runtime, service_id="evening") is None
    assert take(runtime, 8.9) == []
    assert take(runtime, 9) == ["applied", "applied"] and take(runtime, 9) == []
    assert state(runtime) == ("cancelled", "cancelled", "normal", at(9)) and state(runtime, service_id="evening") == ("active", "active", "normal", at(9))
    assert verdicts(tell(runtime, change("cancel", 9, key="month's end"))) == ["repeated"]
    assert put_back(runtime, "month's end").after == "paused"


def test_what_is_awaited_can_be_undone_and_grows_old(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), change("cancel", 9, key="a"), change("cancel", 12, key="b"), now=at(5))
    assert put_back(runtime, "a").verdict == "applied"
    assert take(runtime, 10) == []
    tell(runtime, change("pause", 13))
    assert take(runtime, 14) == ["late"] and state(runtime) == ("paused", "paused", "normal", at(13))


def test_what_is_awaited_goes_along_with_the_person(runtime: Runtime) -> None:
    third = "13800000003"
    tell(runtime, change("order", 1), change("order", 1, msisdn=BORIS), change("cancel", 90), change("cancel", 91, msisdn=BORIS), now=at(5))
    tell(runtime, change("number_change", 6, source="boss", new_msisdn=third), change("transfer", 7, source="boss", msisdn=BORIS), change("order", 8, msisdn=BORIS), now=at(9))
    tell(runtime, change("order", 8, msisdn=ANNA), now=at(9))
    assert take(runtime, 95) == ["applied"]
    assert [(state(runtime, number) or ("",))[0] for number in (third, BORIS, ANNA)] == ["cancelled", "active", "active"]
