"""A number with its noun, in messages."""

from __future__ import annotations

import pytest

from huabao.words import counted


@pytest.mark.parametrize(
    ("number", "nouns", "said"),
    [(0, "", "0 faults"), (1, "", "1 fault"), (2, "", "2 faults"), (1_000, "", "1,000 faults"), (1, "are", "1 fault"), (2, "faults are", "2 faults are")],
)
def test_one_is_one(number: int, nouns: str, said: str) -> None:
    assert counted(number, "fault", nouns) == said
