"""Of what is there in several forms a reader gets one: a story in the tone of his class, a chapter with his hero.

**Tone.** Items that tell one `story` are told plainly or with humour. A reader gets
the one in the tone of his attribute class, of several that one the first; where
none of it is for him in that tone, the other. Without a class he reads plain.

**Hero.** The heroes of a comic stand in order; a reader has the first whose rule
fits him. The last has no rule: everybody has one, and nobody two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from content.manuscript import PLAIN, TONES, Hero, Item, Manuscript
from huabao.errors import UsageError
from huabao.lazily import lazily

ATTRIBUTE_CLASSES = ("A", "B", "C", "D", "E", "F")

Rule = dict[str, Any]


@dataclass(frozen=True)
class Taste:
    """What decides between alternatives: a tone, and the name of a hero (None where there are none)."""

    tone: str = PLAIN
    hero: str | None = None


@dataclass(frozen=True)
class Choice:
    """The alternatives of one manuscript.

    Attributes:
        heroes: in the order in which they are tried.
        tones: rule by tone other than plain, of tones in which a story is told besides another.
    """

    heroes: tuple[Hero, ...]
    tones: Mapping[str, Rule]

    @classmethod
    def of(cls, manuscript: Manuscript) -> Choice:
        """The alternatives that `manuscript` has."""
        told = {item.tone for item in manuscript.items if item.story is not None}
        classes = {tone: sorted(name for name, one in manuscript.tones.items() if one == tone) for tone in TONES if tone != PLAIN}
        rules: dict[str, Rule] = {tone: {"field": "attribute_class", "op": "in", "value": names} for tone, names in classes.items() if names and tone in told}
        return cls(manuscript.heroes, rules)

    @property
    def rules(self) -> tuple[Rule | None, ...]:
        """What must be known of a reader."""
        return (*(hero.rule for hero in self.heroes), *self.tones.values())

    def taste(self, fits: Callable[[Rule | None], bool]) -> Taste:
        """What a reader of these rules likes."""
        hero = next((one.name for one in self.heroes if fits(one.rule)), None)
        return Taste(next((tone for tone, rule in self.tones.items() if fits(rule)), PLAIN), hero)

    @lazily
    def tastes(self) -> tuple[Taste, ...]:
        """Every taste that a reader may have, what most have first."""
        heroes: list[str | None] = [hero.name for hero in reversed(self.heroes)] or [None]
        return tuple(Taste(tone, hero) for hero in heroes for tone in (PLAIN, *self.tones))

    @staticmethod
    def among(items: Sequence[Item], taste: Taste) -> tuple[str, ...]:
        """Keys of those of `items` that a reader of this taste gets, in order."""
        told: dict[str, Item] = {}
        for item in items:
            if item.story is not None:
                before = told.setdefault(item.story, item)
                if before.tone != taste.tone == item.tone:
                    told[item.story] = item
        return tuple(item.key for item in items if item.hero in (None, taste.hero) and (item.story is None or told[item.story] is item))


def parse_tones(text: str) -> dict[str, str]:
    """Tone by attribute class as the setting says it: `D=humorous`, several by comma; classes that read the plain tone are left out.

    Raises:
        UsageError: it is not written so.
    """
    found: dict[str, str] = {}
    for pair in (one.strip() for one in text.replace("，", ",").split(",")):
        name, equals, tone = (part.strip() for part in pair.partition("="))
        if pair and (not equals or name not in ATTRIBUTE_CLASSES or tone not in TONES or name in found):
            raise UsageError(f"{pair[:40]!r} names no tone of a class; write D=humorous, classes are {', '.join(ATTRIBUTE_CLASSES)}, tones {', '.join(TONES)}")
        if pair:
            found[name] = tone
    return {name: tone for name, tone in found.items() if tone != PLAIN}
