"""What a peer's code means for the request that it answers: a table of data, and an operator's own lines before it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from huabao.errors import UsageError
from reconciliation.outbox.models import KINDS

DONE, RETRY, REFUSED, PERSON = "done", "retry", "refused", "person"
DOINGS: Final = (DONE, RETRY, REFUSED, PERSON)
FILE: Final = "answers.toml"
ANSWERS_MAX: Final = 2000
_KEYS: Final = {"peer", "code", "kinds", "do", "meaning"}
ANY: Final = ""
"""The kind of a line that names none."""


@dataclass(frozen=True)
class Meaning:
    """What to do about an answer, and what the peer's manual says of it; `known` is False where no table has the code."""

    do: str
    meaning: str
    known: bool = True


Answers = Mapping[tuple[str, str, str], Meaning]
"""Meanings by peer, code and kind of request (`ANY` where a line names no kinds)."""

UNKNOWN: Final = Meaning(PERSON, "this code stands in no table", known=False)


def meaning_of(answers: Answers, peer: str, code: str, kind: str) -> Meaning:
    """What `code` means as the answer of `peer` to a request of `kind`; a code that nobody entered is a person's."""
    return answers.get((peer, code, kind)) or answers.get((peer, code, ANY)) or UNKNOWN


def answers_in(data_dir: Path) -> Answers:
    """The table in force: the shipped one under the operator's own.

    Raises:
        UsageError: his file is none; the message says which line.
    """
    own = data_dir / FILE
    try:
        stamp = own.stat().st_mtime_ns
    except OSError:
        return shipped_answers()
    return {**shipped_answers(), **_read(own, stamp)}


@lru_cache(maxsize=1)
def shipped_answers() -> Answers:
    """The table that comes with Huabao."""
    return parse_answers((resources.files("reconciliation.outbox") / FILE).read_text("utf-8"), FILE)


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: int) -> Answers:
    try:
        return parse_answers(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}; save it as UTF-8") from error


def parse_answers(text: str, where: str) -> Answers:
    """The table in `text`.

    Raises:
        UsageError: it is none; the message says which entry, what is wrong and what to do.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: no TOML: {error}; mend that line") from error
    rows = document.get("answer", [])
    if set(document) - {"answer"} or not isinstance(rows, list) or len(rows) > ANSWERS_MAX:
        raise UsageError(f"{where}: write each answer below a line [[answer]], at most {ANSWERS_MAX}")
    found: dict[tuple[str, str, str], Meaning] = {}
    for number, row in enumerate(rows, 1):
        for key, meaning in _entry(row, f"{where}: answer {number}"):
            if key in found:
                raise UsageError(f"{where}: answer {number}: {key[0]} {key[1]} stands twice for the same kind; take one away")
            found[key] = meaning
    return found


def _entry(row: Any, where: str) -> list[tuple[tuple[str, str, str], Meaning]]:
    if not isinstance(row, dict) or set(row) - _KEYS or not {"peer", "code", "do"} <= set(row):
        raise UsageError(f"{where}: keys are peer, code, do, and perhaps kinds and meaning")
    kinds = row.get("kinds", [ANY])
    if not isinstance(kinds, list) or not kinds or any(one not in (*KINDS, ANY) for one in kinds):
        raise UsageError(f"{where}: `kinds` is a list of {', '.join(KINDS)}")
    if row["do"] not in DOINGS:
        raise UsageError(f"{where}: `do` is one of {', '.join(DOINGS)}")
    texts = (row["peer"], row["code"], row.get("meaning", ""))
    if not all(isinstance(one, str) and len(one) <= 200 for one in texts) or not 1 <= len(row["code"]) <= 20:
        raise UsageError(f"{where}: `peer`, `code` and `meaning` are texts, a code has 1 to 20 characters")
    return [((row["peer"], row["code"], kind), Meaning(row["do"], texts[2])) for kind in kinds]
