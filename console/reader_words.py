"""What is said of a reader first, in words: of the page and of the API alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from care.answers.services import Answer
from console.reader_view import Headline, Word
from console.rendering import named
from console.texts import CHINESE, clock_text, text
from reconciliation.stop_send.causes import NAMES, UNKNOWN


def told(word: Word, language: str, now: datetime) -> str:
    """What a headline or a next step says, its instants, causes and steps in words."""
    return text(language, word.name, **_values(word, language, now))


def answered(first: Headline, answers: Mapping[str, Answer], language: str, now: datetime) -> str:
    """The sentence that is read to a caller whose page begins with that headline; "" where nobody set one."""
    found = answers.get(first.answer)
    return "" if found is None else found.told(language, {name: str(value) for name, value in _values(first.about or first.cause, language, now).items()})


def _values(word: Word, language: str, now: datetime) -> dict[str, Any]:
    values = dict(word.values)
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = clock_text(value, language, now)
        elif name == "step":
            values[name] = named(language, "attempt", value)
        elif name == "cause":
            values[name] = NAMES.get(value, NAMES[UNKNOWN])[language == CHINESE]
        elif value is None:
            values[name] = "—"
    return values
