"""Scripted behaviour: a YAML list of rules, the first that fits decides what a request meets.

Each rule has `when` (all of it must hold; without it, always) and `do`::

    - when: {from_s: 5, to_s: 8}            # seconds since the start: BOSS is down
      do: {http: 503}                       # answer HTTP 503, do nothing
    - when: {every: 10}                     # each tenth request
      do: {drop: true}                      # do it, close the connection without an answer
    - when: {nth: 3}                        # the third request
      do: {stall: true}                     # do it, never answer
    - when: {operation: order, msisdn: "1380013*"}
      do: {code: "102"}                     # answer that code, do nothing
    - when: {operation: cancel}
      do: {ignore: true, answer_delay_ms: 300}   # close the connection, do nothing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sandbox.scripts import read_rules

CONDITIONS = {"from_s": float, "to_s": float, "every": int, "nth": int, "operation": str, "msisdn": str, "service_id": str}
ACTIONS = {"http": int, "code": str, "drop": bool, "stall": bool, "ignore": bool, "answer_delay_ms": float}


@dataclass(frozen=True)
class Moment:
    """What a rule may ask about: seconds since the start, the request's number from 1, and what it asks."""

    elapsed_s: float
    number: int
    operation: str
    msisdn: str
    service_id: str


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
        and when.get("operation", moment.operation) == moment.operation
        and when.get("service_id", moment.service_id) == moment.service_id
        and fnmatchcase(moment.msisdn, when.get("msisdn", "*"))
    )
