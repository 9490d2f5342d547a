"""What a reader means by a text like `DA 1`, `ｄａ：Ａ`, `DA選B` or `DA 鲁迅`: a rule without database or clock.

Wide letters are letters, capitals and small ones the same, traditional characters
simplified; blanks and punctuation make no difference. A choice is named by its
letter, its number (①, 一 too) or its words. Whatever is ambiguous is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from content.workflow.folding import fold_character

TEXT_CHARS_MAX = 200
"""Longer texts are no answers, however they begin."""

CHOICES_MAX = 20
"""More have no letters that one finds on a handset."""

_WORDS = ("我选择", "我选", "选择", "选", "答案是", "答案", "答", "是")
_ENDINGS = ("选项", "项")
_HAN = {numeral: number for number, numeral in enumerate("一二三四五六七八九十", 1)}
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=10)")


@dataclass(frozen=True)
class Reading:
    """A text that is meant for a quiz.

    Attributes:
        choice: from 1; None where nobody can say which.
    """

    choice: int | None


def folded(text: str) -> str:
    """`text` as it is compared: letters and digits only."""
    return "".join(fold_character(character) for character in text).replace("\n", "")


def number_of(address: str) -> str:
    """The number that readers send to, as it is compared: digits without the country."""
    plain = unicodedata.normalize("NFKC", address).strip().replace(" ", "").replace("-", "")
    return _COUNTRY.sub("", plain)[:40]


def read_text(text: str, keyword: str, choices: Sequence[str]) -> Reading | None:
    """What a text says to the quiz with this keyword; None where it is not meant for it.

    Args:
        keyword: folded; an empty one takes texts that name a choice and nothing else.
    """
    if len(text) > TEXT_CHARS_MAX:
        return None
    whole = folded(text)
    if not keyword:
        choice = read_choice(whole, choices)
        return None if choice is None else Reading(choice)
    if not whole.startswith(keyword):
        return None
    choice = read_choice(whole[len(keyword) :], choices)
    return Reading(choice) if choice is not None or _stands_alone(text, keyword) else None


def read_bare(text: str, choices: Sequence[str]) -> int | None:
    """The choice that a text without the keyword names by its letter or its words; a bare number may be meant for something else."""
    if len(text) > TEXT_CHARS_MAX:
        return None
    whole = folded(text)
    return None if whole.isdigit() or whole in _HAN else read_choice(whole, choices)


def read_choice(said: str, choices: Sequence[str]) -> int | None:
    """The choice (from 1) that a folded text names; None where it names none, or more than one.

    The slide asks for the letter or the number, so these go before the words.
    """
    for one in _shorter(said):
        label = _label(one)
        if label is not None:
            return label if label <= len(choices) else _by_words(one, choices)
        found = _by_words(one, choices) or _by_both(one, choices)
        if found is not None:
            return found
    return None


def _shorter(said: str) -> list[str]:
    """The text, and what is left of it without words like 我选."""
    found = [said]
    first = next((word for word in _WORDS if said.startswith(word) and len(said) > len(word)), "")
    last = next((word for word in _ENDINGS if said.endswith(word) and len(said) > len(word)), "")
    if first or last:
        found.append(said[len(first) : len(said) - len(last)])
    return found


def _label(said: str) -> int | None:
    if len(said) == 1 and "a" <= said <= "z":
        return ord(said) - ord("a") + 1
    if said.isascii() and said.isdigit() and len(said) <= 2:
        return int(said) or None
    return _HAN.get(said)


def _by_words(said: str, choices: Sequence[str]) -> int | None:
    found = [number for number, choice in enumerate(choices, 1) if said and folded(choice) == said]
    return found[0] if len(found) == 1 else None


def _by_both(said: str, choices: Sequence[str]) -> int | None:
    """`a鲁迅`: the label and the words of one choice."""
    for length in (1, 2):
        label = _label(said[:length])
        if label is not None and label <= len(choices) and folded(choices[label - 1]) == said[length:] != "":
            return label
    return None


def _stands_alone(text: str, keyword: str) -> bool:
    """Whether the keyword is a word of its own (`DA ?`), or a Chinese one, which needs no blank: he meant the quiz, and wrote no choice."""
    if not keyword.isascii():
        return True
    taken = ""
    for place, character in enumerate(text):
        taken += fold_character(character).strip()
        if len(taken) >= len(keyword):
            rest = text[place + 1 :]
            return not rest or not fold_character(rest[0]).strip() or not rest[0].isascii()
    return False
