"""The platform's side of a reconciliation: what held at an instant."""

from __future__ import annotations

import pytest

from huabao.runtime import Runtime
from subscribers.orders import stated
from subscribers.orders.as_of import reader_at, state_at
from subscribers.orders.stated import columns_at
from tests.integration.orders.test_apply import ANNA, BORIS, NOW, at, change, tell


def states(runtime: Runtime, hours: float, keys: list[tuple[str, str]] | None = None) -> list[tuple[str, str, str, int | None, str | None]]:
    with runtime.transaction(read_only=True) as session:
        found = list(state_at(session, at(hours), keys))
    assert found == sorted(found, key=lambda one: one[:2])
    assert all(one.effective_at <= at(hours) and one.effective_at.tzinfo is not None for one in found)
    return [(one.msisdn[-1], one.service_id, one.state, one.price_fen, one.fee_msisdn) for one in found]


def test_each_instant_has_its_own_answer(runtime: Runtime) -> None:
    tell(
        runtime, change("order", 1, price_fen=300), change("order", 1, msisdn=BORIS, fee_msisdn=ANNA), change("barred", 4, source="boss"),
        change("pause", 6), change("unbarred", 8, source="boss"), change("terms", 9, source="boss", price_fen=500), change("cancel", 12),
    )  # fmt: skip
    boris = ("2", "news", "active", None, ANNA)
    assert states(runtime, 0.5) == []
    assert states(runtime, 1) == [("1", "news", "active", 300, None), boris]
    assert states(runtime, 5) == [("1", "news", "paused", 300, None), boris]
    assert states(runtime, 9) == [("1", "news", "paused", 500, None), boris]
    assert states(runtime, 20) == [("1", "news", "cancelled", 500, None), boris]
    assert states(runtime, 20, [(BORIS, "news"), (ANNA, "evening")]) == [boris]


def test_a_number_has_the_orders_of_whoever_had_it_then(runtime: Runtime) -> None:
    first = tell(runtime, change("order", 1), change("order", 2, msisdn=BORIS, service_id="evening"))[0].reader_id
    tell(runtime, change("transfer", 5, msisdn=BORIS, source="boss"), change("number_change", 6, source="boss", new_msisdn=BORIS), change("order", 8))
    assert states(runtime, 3) == [("1", "news", "active", None, None), ("2", "evening", "active", None, None)]
    assert states(runtime, 3, [(BORIS, "evening")]) == [("2", "evening", "active", None, None)]
    assert states(runtime, 7) == [("2", "news", "active", None, None)]
    assert states(runtime, 9) == [("1", "news", "active", None, None), ("2", "news", "active", None, None)]
    with runtime.transaction() as session:
        assert [reader_at(session, ANNA, at(hours)) == first for hours in (1, 5.9, 6, 9)] == [True, True, False, False]
        assert [reader_at(session, BORIS, at(hours)) == first for hours in (1, 5.5, 6, 99)] == [False, False, True, True]
        assert reader_at(session, BORIS, at(5.5)) is None and reader_at(session, "13899999999", NOW) is None


def test_an_order_of_which_only_the_terms_are_known_is_none(runtime: Runtime) -> None:
    assert tell(runtime, change("terms", 3, source="boss", price_fen=500))[0].after is None
    assert states(runtime, 9) == []
    tell(runtime, change("order", 2))
    assert states(runtime, 9) == [("1", "news", "active", 500, None)]


def test_whoever_stops_reading_in_the_middle_may_begin_anew(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stated, "ROWS", 2)
    tell(
        runtime,
        *(change("order", 1, msisdn=f"1380000{index:04d}", service_id=name) for index in range(9) for name in ("news", "evening")),
        change("pause", 8, msisdn="13800000000"),
    )
    with runtime.transaction(read_only=True, still=True) as session:
        _, rows = columns_at(session, at(6))
        first = next(rows)
        rows.close()  # type: ignore[attr-defined]  # a generator
        names, again = columns_at(session, at(6))
        found = list(again)
    assert names == ["evening", "news"] and first.msisdn.tolist() == found[0].msisdn.tolist()
    keys = [key for one in found for key in zip(one.msisdn.tolist(), one.service.tolist(), strict=True)]
    assert len(keys) == 18 and keys == sorted(keys) and {state for one in found for state in one.state.tolist()} == {0}
