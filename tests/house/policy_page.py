"""Writes docs/policy.md from the policy in force: `python -m tests.house.policy_page`."""

from __future__ import annotations

from pathlib import Path

from reconciliation.diff.classes import ATTRIBUTES, CLASSES
from reconciliation.runs.policy import COMBINATIONS, Rule, rule_of, shipped_policy
from reconciliation.runs.steps import steps_of

PAGE = Path("docs") / "policy.md"
HEAD = """\
# What becomes of a difference

Made by `python -m tests.house.policy_page` from `reconciliation/runs/policy.toml`; a test keeps it true. A file `policy.toml` in the
data folder stands in its place. How a run goes: [reconcile](reconcile.md).

Three letters are BOSS, MISC and the platform: `a` active, `p` paused, `x` absent or cancelled. Two things hold whatever the rules say: nobody is
charged without a recorded order (MISC holds it, or the platform has it written down), and what stops readers waits for two people above the guard.

## Without further facts

| class | what it says | the steps | whose word | after days | money | why |
|---|---|---|---|---|---|---|
"""
MIDDLE = """
## Every rule, in order

The first that fits holds. `?` is any letter.

| classes | when | to | whose word | after days | money | English | 中文 |
|---|---|---|---|---|---|---|---|
"""


def render() -> str:
    """The whole page."""
    return HEAD + "".join(_line(name) for name in (*COMBINATIONS, *ATTRIBUTES)) + MIDDLE + "".join(map(_rule, shipped_policy()))


def _line(name: str) -> str:
    rule = rule_of(shipped_policy(), name, ())
    assert rule is not None, "the policy has a rule for each"
    steps = ", ".join(f"{one.action} ({one.event})" if one.event else one.action for one in steps_of(rule, name, ())) or "none"
    return f"| `{name}` | {CLASSES[name].en} | {steps} | {rule.wins} | {rule.after_days} | {rule.money} | {rule.en} |\n"


def _rule(one: Rule) -> str:
    when = ", ".join([*sorted(one.when), *(f"not {fact}" for fact in sorted(one.unless))])
    return f"| {', '.join(f'`{name}`' for name in one.classes)} | {when} | {one.to} | {one.wins} | {one.after_days} | {one.money} | {one.en} | {one.zh} |\n"


if __name__ == "__main__":
    PAGE.write_text(render())
