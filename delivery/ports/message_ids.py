"""MessageIDs as a port normalises them, so that a report finds its submission.

Peers print the same id with other case, brackets or leading zeros in the answer
and in the report. What is safe to overlook is a property of the port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MESSAGE_ID_LENGTH_MAX = 120
"""As the columns hold; longer ones are cut on both sides alike."""


def _exact(text: str) -> str:
    return text


def _digits(text: str) -> str:
    return text.lstrip("0") or "0"


FORMS: dict[str, Callable[[str], str]] = {"exact": _exact, "nocase": str.lower, "nozeros": _digits, "nocase-nozeros": lambda text: _digits(text.lower())}
"""What `port add --message-id` offers; blanks and angle brackets around an id never count."""


def normalise_message_id(text: str, options: Mapping[str, Any]) -> str:
    """`text` as it is stored and looked up for a port with these options."""
    bare = text.strip().removeprefix("<").removesuffix(">").strip()
    return FORMS[options.get("message_id", "exact")](bare)[:MESSAGE_ID_LENGTH_MAX]
