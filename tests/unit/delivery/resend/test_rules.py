"""The one condition of a resend is an order that is in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.audience import REASONS
from delivery.models import Outcome
from delivery.resend.copies import ON_ITS_WAY, Copy, resent_lately
from delivery.resend.rules import REFUSALS, Facts, Order, refusal

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)

CASES = {
    "may": (Facts(1, "早报", "jh"), None),
    "unknown": (Facts(None, "早报", "jh", killed="jh/1 was killed"), "unknown_number"),
    "killed": (Facts(1, "早报", "jh", killed="jh/1 was killed by wang", reason="not_subscribed"), "killed"),
    "cancelled": (Facts(1, "早报", "jh", order=Order("cancelled", YESTERDAY), reason="not_subscribed"), "cancelled"),
    "paused": (Facts(1, "早报", "jh", order=Order("paused", YESTERDAY), reason="not_subscribed"), "paused"),
    "not yet": (Facts(1, "早报", "jh", order=Order("active", TOMORROW), reason="not_subscribed"), "not_yet"),
    "cancelled from tomorrow, and in force till then": (Facts(1, "早报", "jh", order=Order("cancelled", TOMORROW)), None),
    "never ordered": (Facts(1, "早报", "jh", reason="not_subscribed"), "not_ordered"),
    "handset": (Facts(1, "早报", "jh", order=Order("active", YESTERDAY), reason="handset_cannot"), "handset_cannot"),
}


@pytest.mark.parametrize("name", CASES)
def test_who_may(name: str) -> None:
    facts, code = CASES[name]
    found = refusal(facts, NOW)
    assert (found and found.code) == code
    assert found is None or len(found.text) > 15


@given(
    reader=st.none() | st.integers(1), killed=st.none() | st.just("killed"), reason=st.none() | st.sampled_from(sorted(set(REASONS) & {*REFUSALS, "not_subscribed"})),
    order=st.none() | st.builds(Order, st.sampled_from(["active", "paused", "cancelled"]), st.sampled_from([YESTERDAY, TOMORROW])),
)  # fmt: skip
def test_a_refusal_is_always_one_that_exists(reader: int | None, killed: str | None, reason: str | None, order: Order | None) -> None:
    found = refusal(Facts(reader, "早报", "jh", killed, order, reason), NOW)
    assert (found is None) == (reader is not None and killed is None and reason is None)
    assert found is None or (found.code in REFUSALS and "{" not in found.text)


def copy(kind: str, ago_s: float, outcome: Outcome, number: int = 1) -> Copy:
    return Copy(number, kind, 1, 1, outcome, "zhou", NOW - timedelta(seconds=ago_s), None, None)


@given(st.lists(st.tuples(st.sampled_from(["edition", "correction", "resend"]), st.floats(0, 2000), st.sampled_from(Outcome)), max_size=6))
def test_the_guard_looks_at_young_resends_that_may_arrive(given_copies: list[tuple[str, float, Outcome]]) -> None:
    copies = [copy(kind, ago, outcome, number) for number, (kind, ago, outcome) in enumerate(given_copies)]
    found = resent_lately(copies, now=NOW, guard_s=600)
    fitting = [one for one in copies if one.kind == "resend" and NOW - one.asked_at < timedelta(seconds=600) and one.outcome in ON_ITS_WAY]
    assert found == (fitting[0] if fitting else None)
