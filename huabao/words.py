"""Words of messages: a number with its noun."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """`1 fault`, `2 faults`, `1,000 faults`.

    Args:
        nouns: the plural where that is not the noun with an `s`.
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
