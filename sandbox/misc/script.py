"""Scripted behaviour: a YAML list of rules, the first that fits decides what a request of the platform meets.

Each rule has `when` (all of it must hold; without it, always) and `do`::

    - when: {nth: 3}                        # the third request
      do: {drop: true}                      # do it, close the connection
    - when: {every: 10, event: order}       # each tenth request, where it is an order
      do: {code: 139}                       # refuse before anybody is called
    - when: {msisdn: "1380013*"}
      do: {late_code: 130}                  # refuse after the platform took the call
    - when: {from_s: 5, to_s: 8}            # seconds since the start
      do: {http: 503}
    - do: {stall: true}                     # do it, never answer
    - do: {no_call: true, answer_delay_ms: 300}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sandbox.scripts import read_rules

CONDITIONS = {"from_s": float, "to_s": float, "every": int, "nth": int, "msisdn": str, "event": str, "service_id": str}
ACTIONS = {"http": int, "code": int, "late_code": int, "drop": bool, "stall": bool, "no_call": bool, "answer_delay_ms": float}


def read_script(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The rules of a file, checked.

    Raises:
        UsageError: no such file, no YAML list, an unknown word, or a value of the wrong type.
    """
    return read_rules(path, CONDITIONS, ACTIONS)


def decide(rules: Sequence[Mapping[str, Any]], *, elapsed_s: float, number: int, event: str, msisdn: str, service_id: str) -> Mapping[str, Any]:
    """The `do` of the first rule that fits, or nothing."""

    def fits(when: Mapping[str, Any]) -> bool:
        return (
            when.get("from_s", 0) <= elapsed_s < when.get("to_s", float("inf"))
            and number % max(when.get("every", 1), 1) == 0
            and when.get("nth", number) == number
            and when.get("event", event) == event
            and when.get("service_id", service_id) == service_id
            and fnmatchcase(msisdn, when.get("msisdn", "*"))
        )

    return next((rule["do"] for rule in rules if fits(rule.get("when") or {})), {})
