"""The handset class of a model, chosen by ordered rules over its capabilities; the rules are a TOML file.

The first rule whose every condition holds decides. A condition on what nobody says
does not hold, so that nothing is promised to a handset that nobody knows.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from huabao.errors import UsageError
from subscribers.capabilities.facts import FACTS, Values
from subscribers.handset_classes import CANNOT_MMS, handset_classes

BUILT_IN: Final = Path(__file__).with_name("class_rules.toml")
FILE_NAME: Final = "class_rules.toml"
RULES_MAX: Final = 500
FILE_BYTES_MAX: Final = 1_000_000
NAME_CHARS_MAX: Final = 80
_TEXTS: Final = ("brand", "model")
_PRESENCE: Final = ("known", "unknown")
_KEYS: Final[Mapping[type, tuple[str, ...]]] = {int: ("min", "max"), tuple: ("has", "lacks"), bool: ()}


@dataclass(frozen=True)
class ClassRule:
    """One rule.

    Attributes:
        handset_class: what it gives.
        when: conditions by capability, `brand` or `model`; all must hold.
    """

    name: str
    handset_class: str
    when: Mapping[str, Any]

    def holds(self, values: Values, brand: str, model: str) -> bool:
        """Whether every condition does."""
        texts = {"brand": brand.casefold(), "model": model.casefold()}
        return all(_fits_text(texts[name], wanted) if name in texts else _fits(values.get(name), wanted) for name, wanted in self.when.items())


def _fits_text(text: str, wanted: str | list[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, one.casefold()) for one in ([wanted] if isinstance(wanted, str) else wanted))


def _fits(value: Any, wanted: Any) -> bool:
    if wanted in _PRESENCE:
        return bool((value is None) == (wanted == "unknown"))
    if value is None:
        return False
    if isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, tuple):
        return set(wanted.get("has", ())) <= set(value) and not set(wanted.get("lacks", ())) & set(value)
    return bool(wanted.get("min", value) <= value <= wanted.get("max", value))


def choose(rules: Sequence[ClassRule], values: Values, brand: str, model: str) -> ClassRule | None:
    """The first rule that holds; None where none does."""
    return next((rule for rule in rules if rule.holds(values, brand, model)), None)


def read_rules(text: str, source: str) -> tuple[ClassRule, ...]:
    """The rules in a file, in their order.

    Args:
        source: what to call the file in messages.

    Raises:
        UsageError: it cannot be used; the message names the rule and the key, and says what would do.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{source}: is no TOML: {error}; mend that line") from error
    rows = document.get("rule")
    if not isinstance(rows, list) or not rows or document.keys() != {"rule"}:
        raise UsageError(f"{source}: is a list of [[rule]] with name, class and when, and nothing else")
    if len(rows) > RULES_MAX:
        raise UsageError(f"{source}: has {len(rows)} rules; at most {RULES_MAX} are taken")
    found = tuple(_rule(row, f"{source}: rule {number}") for number, row in enumerate(rows, 1))
    twice = [rule.name for rule in found if sum(other.name == rule.name for other in found) > 1]
    if twice:
        raise UsageError(f"{source}: two rules are called {twice[0]!r}; a class is explained by the name of its rule")
    return found


def _rule(row: Any, where: str) -> ClassRule:
    if not isinstance(row, dict) or row.keys() != {"name", "class", "when"}:
        raise UsageError(f"{where}: has name, class and when, and nothing else")
    name = row["name"]
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_CHARS_MAX or not name.isprintable():
        raise UsageError(f"{where}: name is a text of 1 to {NAME_CHARS_MAX} characters")
    classes = (*handset_classes(), *CANNOT_MMS)
    if row["class"] not in classes:
        raise UsageError(f"{where} ({name}): class is one of {', '.join(classes)}")
    if not isinstance(row["when"], dict):
        raise UsageError(f"{where} ({name}): when is {{ capability = condition, … }}")
    for key, wanted in row["when"].items():
        problem = _problem(key, wanted)
        if problem:
            raise UsageError(f"{where} ({name}): {key}: {problem}")
    return ClassRule(name, row["class"], row["when"])


def _problem(key: str, wanted: Any) -> str:
    if key in _TEXTS:
        listed = wanted if isinstance(wanted, list) else [wanted]
        return "" if listed and all(isinstance(one, str) for one in listed) else 'is a text such as "Nokia*", or a list of such'
    fact = FACTS.get(key)
    if fact is None:
        return f"there is no such capability; there are {', '.join((*FACTS, *_TEXTS))}"
    if wanted in _PRESENCE:
        return ""
    keys = _KEYS[fact.kind]
    if fact.kind is bool:
        return "" if isinstance(wanted, bool) else 'is true, false, "known" or "unknown"'
    if not isinstance(wanted, dict) or not wanted or not wanted.keys() <= set(keys):
        return f'is {{ {keys[0]} = … }} or {{ {keys[1]} = … }}, or "known", or "unknown"'
    if fact.kind is int:
        return "" if all(type(one) is int for one in wanted.values()) else "min and max are whole numbers"
    return "" if all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in wanted.values()) else "has and lacks are lists of names"


def rules_in(folder: Path) -> tuple[tuple[ClassRule, ...], Path]:
    """The rules in force, and their file: the operator's own in `folder`, else the built-in ones.

    Raises:
        UsageError: the operator's own cannot be used.
    """
    path = folder / FILE_NAME
    path = path if path.is_file() else BUILT_IN
    return read_file(path), path


def read_file(path: Path) -> tuple[ClassRule, ...]:
    """The rules in a file.

    Raises:
        UsageError: it cannot be read or used.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > FILE_BYTES_MAX:
        raise UsageError(f"{path}: is larger than {FILE_BYTES_MAX:,} bytes")
    return _read(data, str(path))


@lru_cache(maxsize=8)
def _read(data: bytes, source: str) -> tuple[ClassRule, ...]:
    try:
        return read_rules(data.decode("utf-8"), source)
    except UnicodeDecodeError as error:
        raise UsageError(f"{source}: is no UTF-8; save it as such") from error
