"""What is said of a reader first, in words: of the page and of the API alike."""

from __future__ import annotations

from datetime import datetime

from console.reader_view import Word
from console.rendering import named
from console.texts import CHINESE, clock_text, text
from reconciliation.stop_send.causes import NAMES, UNKNOWN


def told(word: Word, language: str, now: datetime) -> str:
    """What a headline or a next step says, its instants, causes and steps in words."""
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
    return text(language, word.name, **values)
