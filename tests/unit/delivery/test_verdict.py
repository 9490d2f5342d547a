"""What seeds mean: silent is not bad, a bad one holds its class only, more good news never makes it worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.verdict import BAD, GO, HOLD, RAMP, RETRIEVED, SILENT, WAIT, SeedRule, judge, seed_verdict
from delivery.models import Outcome

PAPER, MAGAZINE = SeedRule(0.8, "ramp", 1), SeedRule(0.8, "hold", 1)
SMALL, LARGE = "30kb-128x160", "600kb-480x800"


def seeds(**classes: str) -> list[tuple[str, str]]:
    """`small="rrs"` are two retrieved and one silent of the small class."""
    names = {"small": SMALL, "large": LARGE}
    return [(names[name], {"r": RETRIEVED, "b": BAD, "s": SILENT}[letter]) for name, letters in classes.items() for letter in letters]


@pytest.mark.parametrize(
    ("found", "over", "paper", "magazine"),
    [
        (seeds(small="rrr", large="rr"), False, GO, GO),
        (seeds(small="rrs", large="rr"), False, WAIT, WAIT),
        (seeds(small="rrs", large="rr"), True, RAMP, HOLD),
        (seeds(small="rss", large="rss"), True, RAMP, HOLD),
        (seeds(small="sss", large="rrr"), True, HOLD, HOLD),
        (seeds(small="sss", large="sss"), False, WAIT, WAIT),
        (seeds(small="sss", large="sss"), True, HOLD, HOLD),
        (seeds(small="brr", large="rr"), False, GO, GO),
        (seeds(small="brr", large="rs"), True, RAMP, HOLD),
        (seeds(small="b", large="b"), False, HOLD, HOLD),
    ],
)
def test_a_paper_ramps_where_a_magazine_holds(found: list[tuple[str, str]], over: bool, paper: str, magazine: str) -> None:
    assert judge(found, PAPER, over=over).action == paper
    assert judge(found, MAGAZINE, over=over).action == magazine


def test_a_bad_seed_names_its_class_only() -> None:
    found = judge(seeds(small="rrb", large="rr"), PAPER, over=False)
    assert (found.action, found.bad) == (GO, frozenset({SMALL}))


def test_a_class_that_is_held_is_asked_for_nothing() -> None:
    assert judge(seeds(small="sss", large="rr"), MAGAZINE, over=True).action == HOLD
    assert judge(seeds(small="sss", large="rr"), MAGAZINE, over=True, blocked=[SMALL]).action == GO


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [(Outcome.RETRIEVED, RETRIEVED), (Outcome.REJECTED, BAD), (Outcome.FAILED, BAD), (Outcome.EXPIRED, SILENT), (Outcome.UNKNOWN, SILENT), (Outcome.SUBMITTED, SILENT)],
)
def test_only_a_refusal_is_bad(outcome: Outcome, verdict: str) -> None:
    assert seed_verdict(outcome) == verdict


RANK = {HOLD: 0, WAIT: 1, RAMP: 2, GO: 3}
SEEDS = st.lists(st.tuples(st.sampled_from([SMALL, LARGE, "100kb-240x320"]), st.sampled_from([RETRIEVED, SILENT, BAD])), min_size=1, max_size=12)
RULES = st.builds(SeedRule, st.floats(0, 1), st.sampled_from(["ramp", "hold"]), st.integers(0, 3))


@given(SEEDS, RULES, st.booleans(), st.data())
def test_one_more_retrieved_never_makes_it_worse(found: list[tuple[str, str]], rule: SeedRule, over: bool, data: st.DataObject) -> None:
    before = judge(found, rule, over=over)
    silent = [index for index, (_, verdict) in enumerate(found) if verdict == SILENT]
    if silent:
        index = data.draw(st.sampled_from(silent))
        after = judge([(name, RETRIEVED) if at == index else (name, verdict) for at, (name, verdict) in enumerate(found)], rule, over=over)
        assert RANK[after.action] >= RANK[before.action]
        assert after.bad == before.bad


@given(SEEDS, RULES, st.booleans())
def test_a_bad_class_says_nothing_about_the_others(found: list[tuple[str, str]], rule: SeedRule, over: bool) -> None:
    verdict = judge(found, rule, over=over)
    others = [(name, one) for name, one in found if name not in verdict.bad]
    if others:
        assert judge(others, rule, over=over).action == verdict.action
    else:
        assert verdict.action == HOLD


@given(SEEDS, RULES)
def test_nobody_waits_when_the_time_is_over(found: list[tuple[str, str]], rule: SeedRule) -> None:
    assert judge(found, rule, over=True).action != WAIT
