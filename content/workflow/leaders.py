"""Leaders' names, titles and their order (领导人姓名、职务、排序).

Four rules: a title of the list stands before another name, or before a name that is
one character off; a name that is first mentioned without its title is shown;
within a sentence who stands higher is named first; who no longer holds a title is not named by it.
Texts are compared folded, so both ways of writing are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from content.workflow.folding import END, Folded, fold
from content.workflow.hits import Hit, hit_in
from content.workflow.passages import Passage

NOT_THIS_TITLE = "副原前代"
"""Before a title they make it another one."""



@dataclass(frozen=True)
class Named:
    """One line of the list; `place` 1 is named first."""

    name: str
    title: str
    place: int
    until: date | None = None


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    leader: Named
    titles: tuple[str, ...]


class Protocol:
    """The list, ready to look with; on the day of an edition."""

    def __init__(self, leaders: Sequence[Named], day: date) -> None:
        self._day = day
        self._by_name: dict[str, list[Named]] = {}
        self._by_title: dict[str, list[Named]] = {}
        for one in sorted(leaders, key=lambda one: one.place):
            self._by_name.setdefault(fold(one.name).text, []).append(one)
            self._by_title.setdefault(fold(one.title).text, []).append(one)
        self._names = _any_of(self._by_name)
        self._titles = _any_of(self._by_title)

    def look(self, article: Sequence[Passage]) -> Iterator[Hit]:
        """The hits in the texts of one item, in order."""
        met: set[str] = set()
        for passage in article if self._names is not None else ():
            folded = fold(passage.text)
            yield from self._wrong_names(passage, folded)
            mentions = self._mentions(folded)
            yield from self._mentioned(passage, folded, mentions, met)
            yield from self._out_of_order(passage, folded, mentions)

    def _wrong_names(self, passage: Passage, folded: Folded) -> Iterator[Hit]:
        """A title whose holder's name follows one character off."""
        for found in self._titles.finditer(folded.text) if self._titles else ():
            rest = folded.text[found.end() :]
            if _is_other(folded.text, found.start()) or any(rest.startswith(name) for name in self._by_name):
                continue
            for holder in self._holders(found.group()):
                name = fold(holder.name).text
                stands = rest[: len(name)]
                if len(stands) == len(name) > 1 and stands[0] == name[0] and sum(a != b for a, b in zip(stands, name, strict=True)) == 1:
                    start, end = folded.places[found.end()], folded.places[found.end() + len(name) - 1] + 1
                    yield hit_in(passage, start, end, kind="leader", severity="block", rule=f"{holder.title} is {holder.name}", source="leaders", advice=f"write {holder.name}")

    def _mentions(self, folded: Folded) -> list[_Mention]:
        found = self._names.finditer(folded.text) if self._names else ()
        return [_Mention(one.start(), one.end(), self._by_name[one.group()][0], self._titles_before(folded.text, one.start())) for one in found]

    def _titles_before(self, text: str, place: int) -> tuple[str, ...]:
        """Titles of the list that stand right before a name, the longest first; with `副` and the like they are none."""
        ending = [title for title in self._by_title if text.endswith(title, 0, place) and not _is_other(text, place - len(title))]
        return tuple(sorted(ending, key=len, reverse=True)[:1])

    def _holders(self, title: str) -> list[Named]:
        return [one for one in self._by_title[title] if one.until is None or self._day <= one.until]

    def _mentioned(self, passage: Passage, folded: Folded, mentions: Sequence[_Mention], met: set[str]) -> Iterator[Hit]:
        for one in mentions:
            own = self._by_name[fold(one.leader.name).text]
            start, end = folded.places[one.start], folded.places[one.end - 1] + 1
            if one.titles:
                held = [leader for leader in own if fold(leader.title).text == one.titles[0]]
                if not held:
                    titles = "、".join(leader.title for leader in own)
                    rule = f"{one.leader.name} is {titles}, not {self._by_title[one.titles[0]][0].title}"
                    yield hit_in(passage, start, end, kind="leader", severity="block", rule=rule, source="leaders", advice=f"write {titles}{one.leader.name}")
                elif not any(leader in self._holders(one.titles[0]) for leader in held):
                    rule = f"{one.leader.name} was {held[0].title} until {held[0].until}"
                    yield hit_in(passage, start, end, kind="leader", severity="block", rule=rule, source="leaders", advice="write the present title")
            elif one.leader.name not in met and passage.where != "title" and not self._has_title_near(folded.text, one, own):
                rule = f"first mention of {one.leader.name} without a title"
                yield hit_in(passage, start, end, kind="leader", severity="warn", rule=rule, source="leaders", advice=f"write {own[0].title}{one.leader.name}")
            if passage.where != "title":
                met.add(one.leader.name)

    @staticmethod
    def _has_title_near(text: str, one: _Mention, own: Sequence[Named]) -> bool:
        """Several titles before a name (省委书记、省长) and one behind it count too."""
        first, last = text.rfind(END, 0, one.start) + 1, text.find(END, one.end)
        sentence = text[first : last if last >= 0 else len(text)]
        return any(fold(leader.title).text in sentence for leader in own)

    def _out_of_order(self, passage: Passage, folded: Folded, mentions: Sequence[_Mention]) -> Iterator[Hit]:
        for before, after in pairwise(mentions):
            between = folded.text[before.end : after.start]
            if END in between or before.leader.place <= after.leader.place or before.leader.name == after.leader.name:
                continue
            start, end = folded.places[before.start], folded.places[after.end - 1] + 1
            rule = f"{after.leader.name} is named before {before.leader.name}"
            yield hit_in(passage, start, end, kind="leader", severity="warn", rule=rule, source="leaders", advice="put them in the order of the list")


def _is_other(text: str, start: int) -> bool:
    return start > 0 and text[start - 1] in NOT_THIS_TITLE


def _any_of(texts: dict[str, list[Named]]) -> re.Pattern[str] | None:
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))) if texts else None
