"""Scripted behaviour: a YAML list of rules, the first that fits decides what a submit_sm meets; others come by the clock.

Each rule has `do`, and `when` (all of it must hold; without it, always) or `at_s` (once, so many seconds after the start)::

    - when: {from_s: 5, to_s: 8}               # seconds since the start
      do: {status: ESME_RMSGQFUL}              # or a number: answer so, take nothing
    - when: {every: 10}                        # each tenth submit_sm
      do: {drop: true}                         # take it, never answer
    - when: {nth: 3}                           # the third submit_sm
      do: {lose: true}                         # neither take it nor answer
    - when: {nth: 4}
      do: {reset: true}                        # take it, break the connection instead of an answer
    - when: {nth: 5}
      do: {half: true}                         # take it, half an answer, then break the connection
    - when: {nth: 6}
      do: {garbage: true}                      # take it, send what is no SMPP
    - when: {recipient: "1380013*", text: "TD*", system_id: huabao}
      do: {stat: UNDELIV, err: "021", answer_delay_ms: 300, delay_ms: 5}
    - when: {after_messages: 5000}             # so many were taken
      do: {unbind: true}                       # take it, answer, then say good-bye
    - when: {recipient: "13800138000"}
      do: {mo: "TD"}                           # take it; its reader sends this back
    - at_s: 3
      do: {mo: {from: "13800138000", to: "10658", text: "QX"}, unbind: true, reset: true, garbage: true, enquire: true}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from huabao.errors import UsageError
from sandbox.scripts import load_rules
from sandbox.smsc.options import STATES
from sandbox.smsc.wire import STATUS

CONDITIONS = {"from_s": float, "to_s": float, "every": int, "nth": int, "recipient": str, "after_messages": int, "system_id": str, "text": str}
FLAGS = ("drop", "lose", "reset", "half", "garbage", "unbind", "close", "enquire", "no_receipt")
NUMBERS = ("answer_delay_ms", "delay_ms")
TIMED = ("mo", "unbind", "reset", "garbage", "enquire")


@dataclass(frozen=True)
class Moment:
    """What a rule may ask about.

    Attributes:
        elapsed_s: since the simulator started.
        number: of this submit_sm, from 1.
        taken: messages taken before it.
    """

    elapsed_s: float
    number: int
    taken: int
    recipient: str
    system_id: str
    text: str


def read_script(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The rules of a file, checked.

    Raises:
        UsageError: no such file, no YAML list, an unknown word, or a value of the wrong type.
    """
    return tuple(_checked(rule, f"{path}: rule {position}") for position, rule in enumerate(load_rules(path, with_keys="`do`"), 1))


def _checked(rule: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(rule, dict) or not isinstance(rule.get("do"), dict) or rule.keys() - {"when", "do", "at_s"} or {"when", "at_s"} <= rule.keys():
        raise UsageError(f"{where}: expected `do: {{…}}` and perhaps `when: {{…}}` or `at_s`")
    for name, value in (rule.get("when") or {}).items():
        kind = CONDITIONS.get(name)
        if kind is None:
            raise UsageError(f"{where}: there is no {name!r}; there are {', '.join(CONDITIONS)}")
        if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
            raise UsageError(f"{where}: {name} is a {kind.__name__}")
    if "at_s" in rule and not isinstance(rule["at_s"], int | float):
        raise UsageError(f"{where}: at_s is a number of seconds")
    return {**rule, "do": check_actions(rule["do"], where, timed="at_s" in rule)}


def check_actions(actions: Mapping[str, Any], where: str, *, timed: bool) -> dict[str, Any]:
    """Actions with `status` as a number.

    Raises:
        UsageError: an unknown word, one that does not fit here, or a wrong value.
    """
    found = dict(actions)
    for name, value in actions.items():
        if timed and name not in TIMED:
            raise UsageError(f"{where}: by the clock there are {', '.join(TIMED)}; not {name!r}")
        if name == "status":
            found[name] = STATUS.get(value, value) if isinstance(value, str) else value
            right = isinstance(found[name], int)
        elif name == "stat":
            right = value in STATES
        elif name == "mo":
            right = (isinstance(value, dict) and {"from", "to", "text"} <= value.keys()) or (isinstance(value, str) and not timed)
        elif name == "err":
            right = isinstance(value, str)
        else:
            right = (name in FLAGS and isinstance(value, bool)) or (name in NUMBERS and isinstance(value, int | float))
        if not right:
            raise UsageError(f"{where}: {name}: {value!r} is nothing that the simulator can do")
    return found


def decide(rules: Sequence[Mapping[str, Any]], moment: Moment) -> Mapping[str, Any]:
    """The `do` of the first rule that fits, or nothing."""
    return next((rule["do"] for rule in rules if "at_s" not in rule and _fits(rule.get("when") or {}, moment)), {})


def _fits(when: Mapping[str, Any], moment: Moment) -> bool:
    return (
        when.get("from_s", 0) <= moment.elapsed_s < when.get("to_s", float("inf"))
        and moment.number % when.get("every", 1) == 0
        and when.get("nth", moment.number) == moment.number
        and moment.taken >= when.get("after_messages", 0)
        and when.get("system_id", moment.system_id) == moment.system_id
        and ("recipient" not in when or fnmatchcase(moment.recipient, when["recipient"]))
        and ("text" not in when or fnmatchcase(moment.text, when["text"]))
    )
