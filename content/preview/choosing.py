"""Why a reader gets each item of an edition, or does not: a rule over his facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from content.alternatives import Choice, Taste
from content.manuscript import Item, Manuscript
from content.preview.wording import say
from content.signatures import SignatureRules
from subscribers.segments import ReaderFacts, parse_rule, rule_matches
from subscribers.segments.words import rule_words, values_words


@dataclass(frozen=True)
class Chosen:
    """One item and one reader.

    Attributes:
        code: everybody, rule, default, not_rule, other_tone, other_hero or left_out.
        why: the same in words.
        rule: of the item, in words; "" where it is for everybody.
        values: what the reader has of all that the rule asks about.
        level, tone: of the item.
    """

    key: str
    section: str
    title: str
    chosen: bool
    code: str
    why: str
    rule: str
    values: tuple[str, ...]
    level: str
    tone: str

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "item": self.key, "section": self.section, "title": self.title, "chosen": self.chosen, "code": self.code, "why": self.why, "rule": self.rule,
            "values": list(self.values), "level": self.level, "tone": self.tone,
        }  # fmt: skip


def choose(manuscript: Manuscript, facts: ReaderFacts, language: str) -> tuple[tuple[str, ...], tuple[Chosen, ...]]:
    """The keys of the items that such a reader gets, and why, item by item."""
    rules = SignatureRules(manuscript)
    items = rules.items_of(rules.mask_of(facts))
    taste = Choice.of(manuscript).taste(lambda rule: _fits(rule, facts))
    anything = any(_fits(item.rule, facts) for item in manuscript.items if item.key in items)
    found = []
    for section in manuscript.sections:
        for item in section.items:
            code = _code(item, item.key in items, _fits(item.rule, facts), taste, anything=anything)
            rule = None if item.rule is None else parse_rule(item.rule, "rule")
            found.append(
                Chosen(
                    item.key, section.title, item.article.title if item.article else "", item.key in items, code,
                    say(language, f"why_{code}", tone=say(language, f"tone_{taste.tone}"), hero=taste.hero or ""),
                    "" if rule is None else rule_words(rule, language), () if rule is None else values_words(rule, facts, language), item.level, item.tone,
                )
            )  # fmt: skip
    return items, tuple(found)


def _code(item: Item, chosen: bool, fits: bool, taste: Taste, *, anything: bool) -> str:
    if chosen:
        return "default" if not anything else "everybody" if item.rule is None else "rule"
    if not fits:
        return "not_rule"
    if item.hero is not None and item.hero != taste.hero:
        return "other_hero"
    return "other_tone" if item.story is not None and item.tone != taste.tone else "left_out"


def _fits(rule: dict[str, Any] | None, facts: ReaderFacts) -> bool:
    return rule is None or rule_matches(parse_rule(rule, "rule"), facts)
