"""Who has no number any more can be forgotten, and nobody else with him; ids of transactions go when nobody can send them again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from huabao.runtime import Runtime
from reconciliation.intake.own import apply_own
from reconciliation.journal import read_all
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import Change
from subscribers.orders.models import AppliedTransaction, ReaderNumber
from subscribers.orders.retention import tidy
from tests.command_line import CLI

ANNA, BEN = "13800138001", "13800138002"


def tell(runtime: Runtime, *said: tuple[str, str]) -> None:
    """Events of one service, a minute apart."""
    for minute, (event, number) in enumerate(said):
        with runtime.transaction() as session:
            at = runtime.now() - timedelta(days=1) + timedelta(minutes=minute)
            apply_own(session, [Change(number, event, "boss", f"{event} {number} {minute}", at, "news" if event == "order" else None)], now=at)


def readers(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Reader.msisdn).order_by(Reader.id)))


def test_a_numbers_last_owner_is_forgotten_and_its_present_one_stays(runtime: Runtime, cli: CLI) -> None:
    tell(runtime, ("order", ANNA), ("transfer", ANNA), ("order", ANNA), ("order", BEN), ("closed", BEN))
    assert len(readers(runtime)) == 3
    assert cli("subscribers", "forget", ANNA, "--past", "--json").json["removed"]["readers"] == 1
    assert cli("subscribers", "forget", ANNA, "--past", code=2).err.count("nobody who has no number now")
    assert cli("subscribers", "forget", BEN, "--json").json["removed"]["readers"] == 1, "nobody has it now, so its last owner is meant"
    assert readers(runtime) == [ANNA]
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Subscription.state)).all() == ["active"]
        assert session.scalars(select(SubscriptionEvent.event)).all() == ["order"]
        assert session.scalars(select(ReaderNumber.msisdn)).all() == []
        assert [one.row.transaction_id for one in read_all(session) if one.content is not None] == [f"order {ANNA} 2"]


def test_ids_are_kept_as_long_as_a_peer_may_repeat_them(runtime: Runtime) -> None:
    tell(runtime, ("order", ANNA))
    ahead = runtime.now() + timedelta(days=500)
    with runtime.transaction() as session:
        apply_own(session, [Change(ANNA, "cancel", "misc", "next year", ahead, "news")], now=runtime.now())
    for days, left in ((398, 2), (402, 1)):
        tidy(replace(runtime, clock=lambda days=days: ahead - timedelta(days=500) + timedelta(days=days)))  # type: ignore[misc]  # mypy knows no defaults of lambdas
        with runtime.transaction(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(AppliedTransaction)) == left, days
