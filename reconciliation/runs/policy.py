"""The policy: which rule a difference falls under. Data, read from a file and judged here. Pure.

Rules stand in `policy.toml`, or in the operator's own file in place of it; the first that fits holds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Final

from huabao.errors import UsageError
from reconciliation.diff.classes import ATTRIBUTES, SIDES

FILE: Final = "policy.toml"
LETTERS: Final = "apx"
STATES: Final = ("a", "p", "x")
BOSS, ASK, NONE = "boss", "ask", "none"
TARGETS: Final = (*STATES, BOSS, ASK, NONE)
MONEY: Final = ("refund", "leak", "none")
FACTS: Final = ("closed", "reused", "free", "bundle", "misc_had", "ordered", "from_boss")
"""What a rule may ask of a difference beside its class; `facts` finds them out."""

MARKS: Final = ("closed", "reused", "free", "bundle")
"""The facts that make a difference a case of its own, the strongest first."""


COMBINATIONS: Final[tuple[str, ...]] = tuple("".join(one) for one in product(LETTERS, repeat=3))
RULES_MAX: Final = 500
AGE_DAYS_MAX: Final = 400
_KEYS: Final = {"class", "when", "to", "sides", "wins", "after_days", "money", "en", "zh"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        classes: names; a `?` in three letters is any.
        when, unless: facts that must hold; that must not.
        to: one of `TARGETS`.
        sides: which are moved.
        wins: whose word this follows.
        after_days: how long it must have lasted.
        money: one of `MONEY`.
        en, zh: what is done and why.
    """

    classes: tuple[str, ...]
    to: str
    en: str
    zh: str
    wins: str = ""
    when: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    sides: tuple[str, ...] = SIDES
    after_days: int = 0
    money: str = "none"

    def fits(self, name: str, facts: Collection[str]) -> bool:
        """Whether it speaks of a difference of that class with these facts."""
        return any(_like(one, name) for one in self.classes) and self.when <= set(facts) and not self.unless & set(facts)


Policy = tuple[Rule, ...]


def rule_of(policy: Policy, name: str, facts: Collection[str]) -> Rule | None:
    """The rule that a difference falls under; None where a side is unknown, of which nothing is decided."""
    return next((one for one in policy if one.fits(name, facts)), None)


def mark_of(facts: Collection[str]) -> str:
    """The fact that makes it a case of its own, or ""."""
    return next((one for one in MARKS if one in facts), "")


def policy_in(folder: Path) -> Policy:
    """The policy in force: the operator's own file, else the shipped one.

    Raises:
        UsageError: his file is none; the message says which rule, what is wrong and what to do.
    """
    own = folder / FILE
    try:
        stamp = own.stat().st_mtime_ns
    except OSError:
        return shipped_policy()
    return _read(own, stamp)


@lru_cache(maxsize=1)
def shipped_policy() -> Policy:
    """The policy that comes with Huabao."""
    return parse_policy((resources.files("reconciliation.runs") / FILE).read_text("utf-8"), FILE)


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: int) -> Policy:
    try:
        return parse_policy(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; save it as UTF-8") from error


def parse_policy(text: str, where: str) -> Policy:
    """The policy in `text`, which has a rule for every combination and attribute.

    Raises:
        UsageError: it is none.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: no TOML: {error}; mend that line") from error
    rows = document.get("rule", [])
    if set(document) - {"rule", "version"} or not isinstance(rows, list) or not 1 <= len(rows) <= RULES_MAX:
        raise UsageError(f"{where}: write each rule below a line [[rule]], 1 to {RULES_MAX}, and perhaps a version")
    rules = tuple(_rule(row, f"{where}: rule {number}") for number, row in enumerate(rows, 1))
    without = [name for name in (*COMBINATIONS, *ATTRIBUTES) if rule_of(rules, name, ()) is None]
    if without:
        raise UsageError(f'{where}: no rule without conditions for {", ".join(without)}; add one (to = "ask" leaves it to a person)')
    return rules


def _rule(row: Any, where: str) -> Rule:
    if not isinstance(row, dict) or set(row) - _KEYS or not {"class", "to", "en", "zh"} <= set(row):
        raise UsageError(f"{where}: keys are class, to, en, zh, and perhaps when, sides, wins, after_days, money")
    classes, conditions, sides = (_words(row, name, where) for name in ("class", "when", "sides"))
    known = {*COMBINATIONS, *ATTRIBUTES}
    for name in classes:
        if name not in known and not (len(name) == 3 and set(name) <= {*LETTERS, "?"}):
            raise UsageError(f"{where}: {name!r} is no class: three of a, p, x, ?, or {', '.join(ATTRIBUTES)}")
    facts = {one.removeprefix("not "): one.startswith("not ") for one in conditions}
    if not classes or set(facts) - set(FACTS) or set(sides) - set(SIDES):
        raise UsageError(f'{where}: `class` names at least one; `when` is of {", ".join(FACTS)}, each perhaps with "not "; `sides` of {", ".join(SIDES)}')
    if row["to"] not in TARGETS or row.get("money", "none") not in MONEY:
        raise UsageError(f"{where}: `to` is one of {', '.join(TARGETS)}; `money` of {', '.join(MONEY)}")
    if row["to"] == BOSS and set(classes) - {"price", "payer"}:
        raise UsageError(f'{where}: to = "boss" is for price and payer')
    if row["to"] in STATES and set(classes) & set(ATTRIBUTES):
        raise UsageError(f"{where}: the letters of {', '.join(ATTRIBUTES)} agree already; `to` is boss, ask or none")
    days, texts = row.get("after_days", 0), [row.get(name, "") for name in ("wins", "en", "zh")]
    if type(days) is not int or not 0 <= days <= AGE_DAYS_MAX or not all(isinstance(one, str) and len(one) <= 200 for one in texts):
        raise UsageError(f"{where}: `after_days` is 0 to {AGE_DAYS_MAX}; wins, en and zh are texts of at most 200 characters")
    return Rule(
        classes=tuple(classes),
        to=row["to"],
        en=texts[1],
        zh=texts[2],
        wins=texts[0],
        when=frozenset(name for name, not_ in facts.items() if not not_),
        unless=frozenset(name for name, not_ in facts.items() if not_),
        sides=tuple(sides) or SIDES,
        after_days=days,
        money=row.get("money", "none"),
    )


def _words(row: Mapping[str, Any], name: str, where: str) -> Sequence[str]:
    found = row.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"{where}: `{name}` is a list of texts")
    return found


def _like(pattern: str, name: str) -> bool:
    return pattern == name or (len(name) == 3 and len(pattern) == 3 and set(name) <= set(LETTERS) and all(one in ("?", letter) for one, letter in zip(pattern, name, strict=True)))
