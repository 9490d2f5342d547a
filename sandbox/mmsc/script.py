"""Scripted behaviour: a YAML list of rules, the first that fits decides what a SubmitReq meets.

Each rule has `when` (all of it must hold; without it, always) and `do`::

    - when: {from_s: 5, to_s: 8}            # seconds since the start
      do: {http: 503}                       # answer HTTP 503, take nothing
    - when: {every: 10}                     # each tenth SubmitReq
      do: {drop: true}                      # take it, close the connection
    - when: {nth: 3}                        # the third SubmitReq
      do: {stall: true}                     # take it, never answer
    - when: {recipient: "1380013*"}         # any recipient fits
      do: {code: 2002}                      # answer that StatusCode, take nothing
    - when: {after_recipients: 5000}        # so many recipients were taken
      do: {status: Expired, answer_delay_ms: 300}
    - do: {refuse: ["13800138000"]}         # partial success: these are not taken
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sandbox.scripts import read_rules

CONDITIONS = {"from_s": float, "to_s": float, "every": int, "nth": int, "recipient": str, "after_recipients": int, "vasp_id": str}
ACTIONS = {
    "http": int,
    "code": int,
    "drop": bool,
    "stall": bool,
    "reset": bool,
    "close": bool,
    "status": str,
    "answer_delay_ms": float,
    "delay_ms": float,
    "refuse": list,
}


@dataclass(frozen=True)
class Moment:
    """What a rule may ask about.

    Attributes:
        elapsed_s: since the simulator started.
        number: of this SubmitReq, from 1.
        taken: recipients taken before it.
    """

    elapsed_s: float
    number: int
    taken: int
    recipients: Sequence[str]
    vasp_id: str


def read_script(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The rules of a file, checked.

    Raises:
        UsageError: no such file, no YAML list, an unknown word, or a value of the wrong type.
    """
    return read_rules(path, CONDITIONS, ACTIONS)


def decide(rules: Sequence[Mapping[str, Any]], moment: Moment) -> Mapping[str, Any]:
    """The `do` of the first rule that fits, or nothing."""
    return next((rule["do"] for rule in rules if _fits(rule.get("when") or {}, moment)), {})


def _fits(when: Mapping[str, Any], moment: Moment) -> bool:
    return (
        when.get("from_s", 0) <= moment.elapsed_s < when.get("to_s", float("inf"))
        and moment.number % when.get("every", 1) == 0
        and when.get("nth", moment.number) == moment.number
        and moment.taken >= when.get("after_recipients", 0)
        and when.get("vasp_id", moment.vasp_id) == moment.vasp_id
        and ("recipient" not in when or any(fnmatchcase(number, when["recipient"]) for number in moment.recipients))
    )
