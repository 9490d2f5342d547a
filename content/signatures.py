"""Who gets which items: each distinct rule of an edition is one bit of a reader's mask.

The database computes the mask (`mask_sql`), so that the readers of an edition
are never loaded; the same mask gives the same items (`items_of`), and readers
with the same items and handset class share one variant. Which of several alternatives
(a story in two tones, a comic's heroes) a reader gets is decided in `content.alternatives`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, case, literal

from content.alternatives import Choice
from content.manuscript import Manuscript
from huabao.lazily import lazily
from subscribers.segments import ReaderFacts, Rule, parse_rule, rule_matches, rule_sql


class SignatureRules:
    """The rules of one manuscript, each once: of its items in the order of their first use, then of its heroes, then of its tones."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._items = manuscript.items
        self._choice = Choice.of(manuscript)
        wanted = [*(item.rule for item in self._items), *self._choice.rules]
        documents = {_name(rule): rule for rule in wanted if rule is not None}
        self._bits = {name: bit for bit, name in enumerate(documents)}
        self.rules: tuple[Rule, ...] = tuple(parse_rule(document, f"rule {bit + 1}") for bit, document in enumerate(documents.values()))

    def mask_sql(self) -> ColumnElement[str]:
        """A text over `Reader`: one 0 or 1 for each rule, "" where there is none."""
        bits: list[ColumnElement[str]] = [case((rule_sql(rule), literal("1")), else_=literal("0")) for rule in self.rules]
        return reduce(lambda mask, bit: mask.concat(bit), bits) if bits else literal("")

    def mask_of(self, facts: ReaderFacts) -> str:
        """The same mask of one reader in memory."""
        return "".join("1" if rule_matches(rule, facts) else "0" for rule in self.rules)

    def items_of(self, mask: str) -> tuple[str, ...]:
        """Keys of the items that readers of this mask get, in order; the default where no rule fits. Of alternatives there is one."""
        assert len(mask) == len(self.rules), "a mask of another edition"

        def fits(rule: dict[str, Any] | None) -> bool:
            return rule is None or mask[self._bits[_name(rule)]] == "1"

        found = self._choice.among([item for item in self._items if fits(item.rule)], self._choice.taste(fits))
        return found or self.default_items

    @lazily
    def all_items(self) -> tuple[str, ...]:
        """Every item, alternatives too: what no single reader gets where there are some."""
        return tuple(item.key for item in self._items)

    @lazily
    def default_items(self) -> tuple[str, ...]:
        """What a reader gets whom no rule fits: the items for everybody; where there are none, all."""
        plain = self._choice.taste(lambda rule: rule is None)
        return self._choice.among([item for item in self._items if item.rule is None], plain) or self._choice.among(self._items, plain)

    @lazily
    def fullest(self) -> tuple[tuple[str, ...], ...]:
        """As few sets of items as hold every one that some reader gets: all of them, once for each hero and tone that there are."""
        return tuple(dict.fromkeys(self._choice.among(self._items, taste) for taste in self._choice.tastes))


def signature_of(items: Iterable[str]) -> str:
    """The items as one text, as `Variant.signature` holds it."""
    return ",".join(items)


def variant_name(handset_class: str, items: Iterable[str]) -> str:
    """`<handset class>-<8 hex>`: unique in a version, the same wherever it is built."""
    return f"{handset_class}-{hashlib.sha256(signature_of(items).encode()).hexdigest()[:8]}"


def _name(rule: dict[str, Any]) -> str:
    return json.dumps(rule, sort_keys=True, ensure_ascii=False)
