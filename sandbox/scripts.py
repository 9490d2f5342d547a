"""Scripts of simulators: a YAML list of rules, the first that fits decides. What a rule may say is each simulator's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from huabao.errors import UsageError


def load_rules(path: Path, *, with_keys: str) -> list[Any]:
    """The rules of a file as they stand there, unchecked.

    Args:
        with_keys: what each rule should have, for the message.

    Raises:
        UsageError: no such file, or no YAML list.
    """
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: no YAML: {error}") from error
    if not isinstance(document, list):
        raise UsageError(f"{path}: a list of rules is expected, each with {with_keys}")
    return document


def read_rules(path: Path, conditions: Mapping[str, type], actions: Mapping[str, type]) -> tuple[Mapping[str, Any], ...]:
    """The rules of a file, each `do` and perhaps `when`, checked.

    Args:
        conditions, actions: what `when` and `do` may say, with the type of the value; `float` takes whole numbers too.

    Raises:
        UsageError: no such file, no YAML list, an unknown word, or a value of the wrong type.
    """
    document = load_rules(path, with_keys="`when` and `do`")
    for position, rule in enumerate(document, 1):
        where = f"{path}: rule {position}"
        if not isinstance(rule, dict) or not isinstance(rule.get("do"), dict) or rule.keys() - {"when", "do"}:
            raise UsageError(f"{where}: expected `do: {{…}}` and perhaps `when: {{…}}`")
        for words, known in ((rule.get("when") or {}, conditions), (rule["do"], actions)):
            check_words(words, known, where)
    return tuple(document)


def check_words(words: Any, known: Mapping[str, type], where: str) -> None:
    """Refuse a word that is not known, and a value that is not of its type.

    Raises:
        UsageError: so it is.
    """
    if not isinstance(words, dict):
        raise UsageError(f"{where}: `when` and `do` are {{ NAME: VALUE }}")
    for name, value in words.items():
        kind = known.get(name)
        if kind is None:
            raise UsageError(f"{where}: there is no {name!r}; there are {', '.join(known)}")
        if not isinstance(value, (int, float) if kind is float else kind) or (kind is int and isinstance(value, bool)):
            raise UsageError(f"{where}: {name} is a {kind.__name__}")
