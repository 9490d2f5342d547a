"""Scripts of simulators: a YAML list of rules, the first that fits decides. What a rule may say is each simulator's own."""

from __future__ import annotations

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
