"""The policy: every combination has its named action, and nothing that a file says makes a charge without an order."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from reconciliation.diff.classes import ATTRIBUTES
from reconciliation.runs.guard import Limits, held_by
from reconciliation.runs.policy import COMBINATIONS, FACTS, STATES, Rule, parse_policy, rule_of, shipped_policy
from reconciliation.runs.steps import Step, steps_of

SHIPPED = shipped_policy()

PLAIN = {
    "aaa": "", "aap": "platform:serve:resume", "aax": "platform:serve:order", "apa": "boss:tell_boss:pause platform:pause:pause", "app": "boss:tell_boss:pause",
    "apx": "boss:tell_boss:pause platform:pause:pause", "axa": "platform:ask:", "axp": "platform:ask:", "axx": "boss:tell_boss:cancel",
    "paa": "misc:tell_misc:pause platform:pause:pause", "pap": "misc:tell_misc:pause", "pax": "misc:tell_misc:pause platform:pause:pause",
    "ppa": "platform:pause:pause", "ppp": "", "ppx": "platform:pause:pause", "pxa": "platform:ask:", "pxp": "platform:ask:", "pxx": "boss:tell_boss:cancel",
    "xaa": "boss:tell_boss:order", "xap": "boss:tell_boss:order platform:serve:resume", "xax": "boss:tell_boss:order platform:serve:order",
    "xpa": "boss:tell_boss:order boss:tell_boss:pause platform:pause:pause", "xpp": "boss:tell_boss:order boss:tell_boss:pause",
    "xpx": "boss:tell_boss:order boss:tell_boss:pause platform:pause:pause", "xxa": "platform:stop:cancel", "xxp": "platform:stop:cancel", "xxx": "",
}  # fmt: skip
FACT_SETS = [frozenset(some) for some in chain.from_iterable(combinations(FACTS, size) for size in range(len(FACTS) + 1))]


def _text(steps: tuple[Step, ...]) -> str:
    return " ".join(f"{one.side}:{one.action}:{one.event}" for one in steps)


def _rule(name: str, *facts: str) -> Rule:
    found = rule_of(SHIPPED, name, facts)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMBINATIONS)
def test_each_combination_has_its_named_action(name: str) -> None:
    facts = frozenset({"ordered"}) if name[1] in "ap" else frozenset()
    assert _text(steps_of(_rule(name), name, facts)) == PLAIN[name]


@pytest.mark.parametrize(
    ("name", "facts", "steps"),
    [
        ("axa", {"misc_had"}, "boss:tell_boss:cancel platform:stop:cancel"),
        ("axa", {"ordered"}, "misc:order_misc:order"),
        ("axx", {"from_boss", "ordered"}, "misc:order_misc:order platform:serve:order"),
        ("xaa", {"reused"}, "misc:cancel_misc:cancel platform:stop:cancel"),
        ("aax", {"reused"}, "platform:ask:"),
        ("xaa", {"closed"}, "misc:cancel_misc:cancel platform:stop:cancel"),
        ("axx", {"closed"}, "platform:ask:"),
        ("xaa", {"bundle"}, ""),
        ("xax", {"free"}, "platform:serve:order"),
        ("price", set(), "platform:adopt:terms"),
        ("effective", set(), ""),
    ],
)
def test_cases_of_their_own(name: str, facts: set[str], steps: str) -> None:
    assert _text(steps_of(_rule(name, *facts), name, facts)) == steps


def test_an_unknown_side_is_decided_by_no_rule() -> None:
    assert all(rule_of(SHIPPED, name, facts) is None for name in ("uax", "aux", "aau", "uuu") for facts in FACT_SETS)


@given(name=st.sampled_from(COMBINATIONS), to=st.sampled_from(STATES), facts=st.sampled_from(FACT_SETS))
def test_no_rule_makes_a_charge_without_a_recorded_order(name: str, to: str, facts: frozenset[str]) -> None:
    steps = steps_of(Rule((name,), to, "", ""), name, facts)
    orders = [one for one in steps if one.side == "boss" and one.event == "order"]
    assert not orders or name[1] in "ap" or "ordered" in facts


@given(name=st.sampled_from(COMBINATIONS), facts=st.sampled_from(FACT_SETS))
def test_steps_end_with_three_equal_sides_or_a_person(name: str, facts: frozenset[str]) -> None:
    rule = _rule(name, *facts)
    steps = steps_of(rule, name, facts)
    if not steps or rule.to not in STATES or steps[0].action == "ask" or len(rule.sides) < 3:
        return
    sides = dict(zip(("boss", "misc", "platform"), name, strict=True))
    for one in steps:
        sides[one.side] = {"order": "a", "resume": "a", "pause": "p", "cancel": "x"}[one.event]
    assert set(sides.values()) == {rule.to}


def test_every_attribute_has_a_rule_and_every_rule_its_words() -> None:
    assert all(rule_of(SHIPPED, name, ()) for name in ATTRIBUTES)
    assert all(rule.en and rule.zh for rule in SHIPPED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "no TOML"),
        ("[[rule]]\nclass = ['aaa']\nto = 'a'\nen = ''\nzh = ''\n", "no rule without conditions for aap"),
        ("[[rule]]\nclass = ['aab']\nto = 'a'\nen = ''\nzh = ''\n", "'aab' is no class"),
        ("[[rule]]\nclass = ['???']\nto = 'q'\nen = ''\nzh = ''\n", "`to` is one of"),
        ("[[rule]]\nclass = ['???']\nto = 'a'\nen = ''\nzh = ''\nwhen = ['rich']\n", "`when` is of"),
        ("[[rule]]\nclass = ['price']\nto = 'a'\nen = ''\nzh = ''\n", "agree already"),
        ("[[rule]]\nclass = ['???']\nto = 'a'\nen = ''\nzh = ''\nafter_days = -1\n", "after_days"),
    ],
)
def test_a_wrong_policy_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_policy(text, "policy.toml")


def test_the_guard_holds_a_class_whole_by_count_or_share_and_lets_a_few_pass() -> None:
    serve, stop = Limits(1000, 0.5, 10), Limits(100, 0.01, 10)
    assert held_by({("xxa", True): 101}, 10**6, serve, stop) == {"xxa": 101}
    assert held_by({("xxa", True): 11, ("xaa", False): 500}, 1000, serve, stop) == {"xxa": 11}
    assert held_by({("apa", True): 200, ("apa", False): 3}, 10**6, serve, stop) == {"apa": 203}
    assert held_by({("xxa", True): 10}, 12, serve, stop) == {}
