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

from huabao.errors import UsageError
from sandbox.scripts import load_rules

CONDITIONS = {"from_s": float, "to_s": float, "every": int, "nth": int, "msisdn": str, "event": str, "service_id": str}
ACTIONS = {"http": int, "code": int, "late_code": int, "drop": bool, "stall": bool, "no_call": bool, "answer_delay_ms": float}


def read_script(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The rules of a file, checked.

    Raises:
        UsageError: no such file, no YAML list, an unknown word, or a value of the wrong type.
    """
    document = load_rules(path, with_keys="`when` and `do`")
    for position, rule in enumerate(document, 1):
        where = f"{path}: rule {position}"
        if not isinstance(rule, dict) or not isinstance(rule.get("do"), dict) or rule.keys() - {"when", "do"}:
            raise UsageError(f"{where}: expected `do: {{…}}` and perhaps `when: {{…}}`")
        for words, known in ((rule.get("when") or {}, CONDITIONS), (rule["do"], ACTIONS)):
            _check(words, known, where)
    return tuple(document)


def _check(words: Any, known: Mapping[str, type], where: str) -> None:
    if not isinstance(words, dict):
        raise UsageError(f"{where}: `when` and `do` are {{ NAME: VALUE }}")
    for name, value in words.items():
        kind = known.get(name)
        if kind is None:
            raise UsageError(f"{where}: there is no {name!r}; there are {', '.join(known)}")
        if not isinstance(value, (int, float) if kind is float else kind) or (kind is int and isinstance(value, bool)):
            raise UsageError(f"{where}: {name} is a {kind.__name__}")


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
