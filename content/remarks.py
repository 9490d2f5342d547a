"""What an editor should look at before the night's work is approved, besides what does not fit: levels below their share, long titles, sections that stand in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from content.compose import Composition
from content.compose.levels import LevelShare, level_shares
from content.compose.titles import long_titles
from content.folder.shares import levels_warning
from content.manuscript import Manuscript
from subscribers.handset_classes import handset_classes

TITLES_SHOWN = 12
"""In the lines for people; `to_document` has all."""


@dataclass
class Remarks:
    """Remarks on one version, gathered while its messages are made."""

    manuscript: Manuscript
    _levels: dict[str, tuple[LevelShare, ...]] = field(default_factory=dict)

    def look(self, handset_class: str, made: Composition) -> None:
        """Look at a message; of a class the one whose levels are furthest from their shares is kept."""
        found = level_shares(self.manuscript, made)
        if found and max(one.missing for one in found) > max((one.missing for one in self._levels.get(handset_class, ())), default=float("-inf")):
            self._levels[handset_class] = found

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        for section in self.manuscript.sections:
            if section.standin:
                yield f"“{section.title}” was not delivered: {section.standin} stands in"
        missing = levels_warning(self.manuscript)
        if missing:
            yield missing
        for name, found in self._ordered():
            for one in found:
                if one.short:
                    yield f"{name}: {one.level} has {one.slides:.1f} slides, {one.share:.0%} instead of {one.wanted:.0%}"
        titles = list(long_titles(self.manuscript))
        for key, article, suggestion in titles[:TITLES_SHOWN]:
            advice = f"`short_title: {suggestion}` would fit" if suggestion else "give it a `short_title`"
            shown = article.short_title or article.title
            yield f"{key}: “{shown}” has {len(shown)} characters and takes a third line on the smallest screens; {advice}"
        if len(titles) > TITLES_SHOWN:
            yield f"… and {len(titles) - TITLES_SHOWN} more long titles"

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "levels": {name: {one.level: one.to_document() for one in found} for name, found in self._ordered()},
            "long_titles": [{"item": key, "title": article.title, "suggested": suggestion} for key, article, suggestion in long_titles(self.manuscript)],
            "standins": [{"section": one.title, "from": one.standin} for one in self.manuscript.sections if one.standin],
        }

    def _ordered(self) -> list[tuple[str, tuple[LevelShare, ...]]]:
        order = list(handset_classes())
        return sorted(self._levels.items(), key=lambda pair: order.index(pair[0]))
