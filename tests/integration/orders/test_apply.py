"""Changes in the two databases: orders, accounts, terms, repetitions, what is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import Change, Result
from subscribers.orders.models import AppliedTransaction, ReaderNumber
from subscribers.orders.services import apply

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
ANNA, BORIS = "13800000001", "13800000002"


def at(hours: float) -> datetime:
    """An instant so many hours after the first of November."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours)


def change(event: str, hours: float, *, source: str = "misc", msisdn: str = ANNA, service_id: str | None = "news", key: str = "", **more: object) -> Change:
    """A change with an id made of what it says."""
    service_id = service_id if event in ("order", "cancel", "pause", "resume", "terms") else None
    return Change(msisdn, event, source, key or f"{event}-{msisdn}-{service_id}-{hours}", at(hours), service_id, **more)  # type: ignore[arg-type]


def tell(runtime: Runtime, *changes: Change, now: datetime = NOW) -> list[Result]:
    """Apply changes in a transaction of their own."""
    with runtime.transaction() as session:
        return apply(session, changes, now=now)


def state(runtime: Runtime, msisdn: str = ANNA, service_id: str = "news") -> tuple[str, str, str, datetime] | None:
    """Derived state, order, account and the instant of a subscription."""
    with runtime.transaction() as session:
        wanted = select(Subscription.state, Subscription.order_state, Reader.account_state, Subscription.effective_at).join(Reader, Reader.id == Subscription.reader_id)
        row = session.execute(wanted.where(Reader.msisdn == msisdn, Subscription.service_id == service_id)).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def verdicts(results: list[Result]) -> list[str]:
    return [one.verdict for one in results]


def test_an_order_makes_a_reader_who_is_served(runtime: Runtime) -> None:
    result = tell(runtime, change("order", 1, fee_msisdn=BORIS, price_fen=300, reason="by the reader"))[0]
    assert (result.verdict, result.before, result.after) == ("applied", None, "active")
    assert state(runtime) == ("active", "active", "normal", at(1))
    with runtime.transaction() as session:
        reader = session.scalars(select(Reader)).one()
        assert (reader.id, reader.msisdn) == (result.reader_id, ANNA), "who pays is no reader"
        order = session.scalars(select(Subscription)).one()
        assert (order.fee_msisdn, order.price_fen, order.order_source, order.stop_state) == (BORIS, 300, "misc", "sending")
        event = session.scalars(select(SubscriptionEvent)).one()
        assert (event.event, event.field, event.state, event.reason, event.fee_msisdn, event.price_fen) == ("order", "order", "active", "by the reader", BORIS, 300)


def test_a_transaction_that_was_here_changes_nothing(runtime: Runtime) -> None:
    first = change("order", 1, key="77")
    assert verdicts(tell(runtime, first, first)) == ["applied", "repeated"]
    again = tell(runtime, first, change("cancel", 5, key="77"))
    assert [(one.verdict, one.before, one.after) for one in again] == [("repeated", "active", "active")] * 2
    assert verdicts(tell(runtime, change("cancel", 5, key="77", source="boss"))) == ["applied"], "another source counts for itself"
    with runtime.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AppliedTransaction)) == 2


def test_what_is_older_than_the_field_knows_is_late(runtime: Runtime) -> None:
    assert verdicts(tell(runtime, change("cancel", 9), change("order", 5), change("cancel", 12))) == ["applied", "late", "unchanged"]
    assert state(runtime) == ("cancelled", "cancelled", "normal", at(12))
    assert verdicts(tell(runtime, change("resume", 11))) == ["late"]


def test_unbarring_never_hides_a_cancellation(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), change("order", 1, service_id="evening"), change("barred", 5, source="boss"))
    assert state(runtime) == ("paused", "active", "barred", at(5)) and state(runtime, service_id="evening") == ("paused", "active", "barred", at(5))
    tell(runtime, change("cancel", 6))
    tell(runtime, change("unbarred", 7, source="boss"))
    assert state(runtime) == ("cancelled", "cancelled", "normal", at(6)) and state(runtime, service_id="evening") == ("active", "active", "normal", at(1))


def test_of_two_words_for_one_instant_the_masters_stands(runtime: Runtime) -> None:
    assert verdicts(tell(runtime, change("order", 1), change("cancel", 1, source="boss"), change("pause", 1, key="later"))) == ["applied", "late", "applied"]
    assert verdicts(tell(runtime, change("terms", 1, source="boss", price_fen=500), change("terms", 1, price_fen=300))) == ["applied", "late"]


def test_what_makes_no_sense_is_refused_and_may_come_again(runtime: Runtime) -> None:
    wrong = [
        change("buy", 1), change("order", 1, msisdn="12345"), change("cancel", 1, service_id=None, key="a"), change("number_change", 1, new_msisdn=ANNA),
        change("terms", 1), change("order", 1, price_fen=-1), change("order", 1, fee_msisdn="0"), change("order", 1, source="s" * 11), change("order", 1, key="k" * 81),
    ]  # fmt: skip
    results = tell(runtime, *wrong, change("order", 2))
    assert verdicts(results) == ["refused"] * len(wrong) + ["applied"] and all(one.why for one in results[:-1])
    assert verdicts(tell(runtime, change("cancel", 3, key="a"))) == ["applied"]


def test_a_closed_account_ends_all_and_its_number_begins_anew(runtime: Runtime) -> None:
    first = tell(runtime, change("order", 1), change("order", 2, service_id="evening"))[0].reader_id
    with runtime.transaction() as session:
        session.get_one(Reader, first).topics = ["sport"]
    assert verdicts(tell(runtime, change("closed", 5, source="boss"))) == ["applied"]
    assert state(runtime) is None
    second = tell(runtime, change("order", 6), change("order", 4, key="late"))
    assert verdicts(second) == ["applied", "late"] and second[0].reader_id != first
    with runtime.transaction() as session:
        old, new = session.get_one(Reader, first), session.get_one(Reader, second[0].reader_id)
        assert (old.msisdn, old.account_state, old.topics) == (f"-{first}", "closed", ["sport"])
        assert (new.msisdn, new.account_state, new.topics) == (ANNA, "normal", [])
        assert set(session.scalars(select(Subscription.state).where(Subscription.reader_id == first))) == {"cancelled"}
        stretch = session.scalars(select(ReaderNumber)).one()
        assert (stretch.reader_id, stretch.msisdn, stretch.since, stretch.until, stretch.why) == (first, ANNA, None, at(5), "closed")


def test_a_number_change_takes_everything_along(runtime: Runtime) -> None:
    anna, boris = (one.reader_id for one in tell(runtime, change("order", 1), change("order", 2, msisdn=BORIS, service_id="evening")))
    assert verdicts(tell(runtime, change("number_change", 5, source="boss", new_msisdn=BORIS))) == ["applied"]
    assert state(runtime) is None and state(runtime, BORIS) == ("active", "active", "normal", at(1)) and state(runtime, BORIS, "evening") is None
    with runtime.transaction() as session:
        assert (session.get_one(Reader, anna).msisdn, session.get_one(Reader, boris).msisdn) == (BORIS, f"-{boris}")
    again = tell(runtime, change("number_change", 6, new_msisdn=BORIS), change("pause", 7, msisdn=BORIS), change("order", 8))
    assert verdicts(again) == ["unchanged", "applied", "applied"] and again[2].reader_id not in (anna, boris)


def test_numbers_that_change_places_in_one_batch(runtime: Runtime) -> None:
    tell(runtime, change("order", 1), change("order", 1, msisdn=BORIS, service_id="evening"))
    third = "13800000003"
    moves = [change("number_change", 5, new_msisdn=third), change("number_change", 6, msisdn=BORIS, new_msisdn=ANNA), change("number_change", 7, msisdn=third, new_msisdn=BORIS)]
    assert verdicts(tell(runtime, *moves)) == ["applied"] * 3
    assert state(runtime, BORIS) is not None and state(runtime, ANNA, "evening") is not None and state(runtime) is None


def test_two_sources_tell_of_one_transfer_and_its_number_stays_with_the_next(runtime: Runtime) -> None:
    told = [change("order", 1), change("transfer", 5, source="boss"), change("order", 6, source="boss", key="next"), change("transfer", 7)]
    assert verdicts(tell(runtime, *told)) == ["applied", "applied", "applied", "unchanged"]
    assert state(runtime) == ("active", "active", "normal", at(6))
    assert verdicts(tell(runtime, change("closed", 40))) == ["applied"] and state(runtime) is None, "that is another one"
