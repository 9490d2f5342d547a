"""From where the sides stand to where a rule wants them: the steps on each side. Pure.

Nobody is charged without a recorded order, whatever a rule says: BOSS is asked for an order only where
MISC holds one or the platform has one recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from reconciliation.diff.classes import ATTRIBUTES
from reconciliation.runs.policy import ASK, BOSS, NONE, Rule

SERVE, PAUSE, STOP, ADOPT = "serve", "pause", "stop", "adopt"
TELL_BOSS, ORDER_MISC, CANCEL_MISC, TELL_MISC = "tell_boss", "order_misc", "cancel_misc", "tell_misc"
ACTIONS: Final = (SERVE, PAUSE, STOP, ADOPT, TELL_BOSS, ORDER_MISC, CANCEL_MISC, TELL_MISC, ASK)
WAIT: Final = "wait"

_AT_PLATFORM: Final = {"a": SERVE, "p": PAUSE, "x": STOP}


@dataclass(frozen=True, slots=True)
class Step:
    """What is done on one side.

    Attributes:
        side: boss, misc or platform; platform for `ask`.
        action: one of `ACTIONS`.
        event: order, cancel, pause, resume or terms; "" for `ask`.
        stops: it ends or pauses what a reader has.
    """

    side: str
    action: str
    event: str = ""
    stops: bool = False


ASK_A_PERSON: Final = (Step("platform", ASK),)


def steps_of(rule: Rule, name: str, facts: Collection[str]) -> tuple[Step, ...]:
    """What a rule does about a difference; nothing for `none`."""
    if rule.to == NONE:
        return ()
    if rule.to == ASK:
        return ASK_A_PERSON
    if rule.to == BOSS:
        return (Step("platform", ADOPT, "terms"),)
    if name in ATTRIBUTES:
        return ASK_A_PERSON
    boss, misc, platform = name[0], name[1], name[2]
    ordered = misc in "ap" or "ordered" in facts
    found: list[Step] = []
    if "boss" in rule.sides and boss != rule.to:
        if boss == "x" and not ordered:
            return ASK_A_PERSON
        found += _boss(boss, rule.to)
    if "misc" in rule.sides and misc != rule.to:
        if misc == "x" and boss != "a" and not ordered:
            return ASK_A_PERSON
        found += _misc(misc, rule.to)
    if "platform" in rule.sides and platform != rule.to:
        found.append(_platform(platform, rule.to))
    return tuple(found)


def action_of(steps: Sequence[Step], *, waits: bool) -> str:
    """One word for all of it: what the platform does, else that peers are told."""
    if waits:
        return WAIT
    if not steps:
        return NONE
    own = next((one.action for one in steps if one.side == "platform"), "")
    return own or "peers"


def _boss(now: str, to: str) -> list[Step]:
    if to == "x":
        return [Step("boss", TELL_BOSS, "cancel", stops=True)]
    if to == "p":
        return [*([Step("boss", TELL_BOSS, "order")] if now == "x" else []), Step("boss", TELL_BOSS, "pause", stops=now == "a")]
    return [Step("boss", TELL_BOSS, "order" if now == "x" else "resume")]


def _misc(now: str, to: str) -> list[Step]:
    if to == "x":
        return [Step("misc", CANCEL_MISC, "cancel", stops=True)]
    found = [Step("misc", ORDER_MISC, "order")] if now == "x" else []
    return found if to == "a" and now == "x" else [*found, Step("misc", TELL_MISC, "pause" if to == "p" else "resume")]


def _platform(now: str, to: str) -> Step:
    event = {"a": "order" if now == "x" else "resume", "p": "pause", "x": "cancel"}[to]
    return Step("platform", _AT_PLATFORM[to], event, stops=to == "x" or (to == "p" and now == "a"))
