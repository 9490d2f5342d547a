"""What the screening finds: a hit with its context, and the mark by which a ruling knows it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from content.workflow.passages import Passage

KINDS = ("word", "leader", "script", "repeat", "section", "source", "moved_on")
"""A listed word; a leader's name, title or place; mixed scripts; a repeat; a section that is missing or stands in; a source that is not permitted; a story told anew."""

CONTEXT_CHARACTERS = 16
"""What is shown before and behind."""


@dataclass(frozen=True)
class Hit:
    """One thing that somebody must look at.

    Attributes:
        kind: one of `KINDS`.
        severity: block or warn.
        found: as it stands in the text.
        rule: the listed word, or what is wrong.
        source: the list it comes from, or empty.
        before, after: the text around it.
        advice: what to write instead, or to do.
        sentence: what the mark is made of, besides: other words around it make another hit.
    """

    kind: str
    severity: str
    item: str
    where: str
    found: str
    rule: str
    source: str = ""
    before: str = ""
    after: str = ""
    advice: str = ""
    sentence: str = ""

    @property
    def mark(self) -> str:
        """16 hex digits: the same as long as the same is found in the same sentence of the same item."""
        whole = "\x1f".join((self.kind, self.item, self.found, self.rule, self.source, self.sentence or self.before + self.found + self.after))
        return hashlib.sha256(whole.encode()).hexdigest()[:16]

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "mark": self.mark, "kind": self.kind, "severity": self.severity, "item": self.item, "where": self.where, "found": self.found, "rule": self.rule,
            "list": self.source, "before": self.before, "after": self.after, "advice": self.advice,
        }  # fmt: skip


def hit_in(passage: Passage, start: int, end: int, *, kind: str, severity: str, rule: str, source: str = "", advice: str = "") -> Hit:
    """The hit at `passage.text[start:end]`, with its context."""
    text = passage.text
    return Hit(
        kind, severity, passage.item, passage.where, text[start:end], rule, source, text[max(0, start - CONTEXT_CHARACTERS) : start], text[end : end + CONTEXT_CHARACTERS],
        advice, _sentence(text, start, end),
    )  # fmt: skip


def _sentence(text: str, start: int, end: int) -> str:
    ends = "。！？!?；;\n"
    first = max((text.rfind(one, 0, start) for one in ends), default=-1) + 1
    last = min((place for one in ends if (place := text.find(one, end)) >= 0), default=len(text))
    return text[first:last].strip()
