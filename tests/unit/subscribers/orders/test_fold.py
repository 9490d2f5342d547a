"""However mixed up, late or often the events of a source come, they end in the same state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.orders.change import Change
from subscribers.orders.fields import NORMAL, Known, derive
from subscribers.orders.fold import Fold
from subscribers.orders.holder import Holder, Order
from subscribers.orders.numbers import Book

T0 = datetime(2026, 11, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=30)
NUMBERS = ("13800000001", "13800000002", "13800000003")
SERVICES = ("news", "evening")

State = dict[str, tuple[str, dict[str, tuple[str, datetime, object, object]]]]


class NoPast:
    """A history that nobody wrote before."""

    def order(self, holder: Holder, service_id: str, at: datetime) -> Order:
        return Order()

    def account(self, holder: Holder, at: datetime) -> Known:
        return NORMAL


def folded(changes: Sequence[Change]) -> Fold:
    fold = Fold(Book(), NoPast(), NOW)
    for one in changes:
        fold.tell(one)
    return fold


def state_of(fold: Fold) -> State:
    """Account and orders by number, of those who have a number and of whom anything was said."""
    found: State = {}
    for number, holder in fold.book.present.items():
        orders = {
            name: (*derive(one.order, holder.account), one.payer.value, one.price.value) for name, one in holder.orders.items() if one.is_known or one.price.value is not None
        }
        if orders or holder.account.value != "normal":
            found[number] = (str(holder.account.value), orders)
    return found


def _change(instant: int, event: str, number: str, service: str, price: int | None, source: str) -> Change:
    of_one = event in ("order", "cancel", "pause", "resume", "terms")
    new = NUMBERS[(NUMBERS.index(number) + 1) % len(NUMBERS)] if event == "number_change" else None
    costs = (price or 1) if event == "terms" else price if of_one else None
    return Change(number, event, source, str(instant), T0 + timedelta(minutes=instant), service if of_one else None, price_fen=costs, new_msisdn=new)


def streams(events: Sequence[str], numbers: Sequence[str] = NUMBERS) -> st.SearchStrategy[list[Change]]:
    """Events of one source, each at an instant of its own, in the order of their instants."""
    parts = st.tuples(st.sampled_from(events), st.sampled_from(numbers), st.sampled_from(SERVICES), st.none() | st.integers(1, 900))
    return st.lists(parts, max_size=12).map(lambda found: [_change(at, *one, "boss") for at, one in enumerate(found, 1)])


@st.composite
def mixed(draw: st.DrawFn, stream: st.SearchStrategy[list[Change]]) -> tuple[list[Change], list[Change]]:
    """A stream, and the same with some told twice, in any order."""
    told = draw(stream)
    again = draw(st.lists(st.sampled_from(told), max_size=4)) if told else []
    return told, draw(st.permutations([*told, *again]))


ORDERLY = ("order", "order", "cancel", "pause", "resume", "barred", "unbarred", "opened", "terms")


@given(mixed(streams(ORDERLY)))
@settings(max_examples=150)
def test_any_order_of_orders_accounts_and_terms_ends_alike(streams: tuple[list[Change], list[Change]]) -> None:
    told, shuffled = streams
    assert state_of(folded(shuffled)) == state_of(folded(told))


@given(mixed(streams((*ORDERLY, "closed", "transfer"))))
@settings(max_examples=150)
def test_any_order_with_new_owners_of_numbers_ends_alike(streams: tuple[list[Change], list[Change]]) -> None:
    told, shuffled = streams
    assert state_of(folded(shuffled)) == state_of(folded(told))


@given(streams((*ORDERLY, "closed", "transfer", "number_change")), st.integers(0, 12))
@settings(max_examples=100)
def test_telling_all_again_changes_nothing(told: list[Change], cut: int) -> None:
    once, twice = folded(told), folded([*told[:cut], *told])
    assert state_of(once) == state_of(twice)
    more = len(once.history)
    assert {once.tell(one).verdict for one in told} <= {"repeated"} and len(once.history) == more


@given(mixed(streams((*ORDERLY, "closed", "transfer", "number_change"))))
@settings(max_examples=150)
def test_whatever_comes_a_number_is_one_mans_and_a_man_has_one_number(streams: tuple[list[Change], list[Change]]) -> None:
    fold = folded(streams[1])
    present = fold.book.present
    assert all(holder.msisdn == number for number, holder in present.items()) and len({id(one) for one in present.values()}) == len(present)
    for holder in fold.book.made:
        if holder.msisdn is None:
            assert {holder.state_of(name) for name in holder.orders} <= {None, "cancelled"}, "who has no number has no order"
    for number in NUMBERS:
        ends = sorted((one.since or T0, one.until or NOW) for one in fold.book.stretches if one.msisdn == number)
        assert all(one[1] <= other[0] for one, other in pairwise(ends)), "nobody shares a number"


@given(st.permutations(range(4)))
def test_the_master_is_right_of_an_instant_whoever_is_first(order: Sequence[int]) -> None:
    told = [_change(5, event, NUMBERS[0], "news", price, source) for event, price, source in
            (("order", None, "misc"), ("cancel", None, "boss"), ("terms", 300, "boss"), ("terms", 500, "misc"))]  # fmt: skip
    told = [Change(one.msisdn, one.event, one.source, f"{at}", one.effective_at, one.service_id, price_fen=one.price_fen) for at, one in enumerate(told)]
    assert state_of(folded([told[at] for at in order])) == {NUMBERS[0]: ("normal", {"news": ("active", told[0].effective_at, None, 300)})}
