"""What changed between two versions, by article: text, pictures, order, who gets it.

Text is compared by Han characters and Latin words. A paragraph longer than
`TOKENS_MAX` that was changed is shown as taken out and put in, so that no text makes it slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from content.manuscript import Article, Item, Manuscript

TOKENS_MAX = 2_000

_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)

COLOUR = ("greyscale", "mourning")
"""A change of these changes what nobody has to read again."""

Run = tuple[str, str]
"""`=`, `-` or `+`, and the text that stayed, went or came."""


@dataclass(frozen=True)
class TextChange:
    """One text that changed; its runs, joined without `+`, are the old text, and without `-` the new one."""

    where: str
    runs: tuple[Run, ...]

    @property
    def characters(self) -> int:
        """How many went or came."""
        return sum(len(text) for kind, text in self.runs if kind != "=")


@dataclass(frozen=True)
class ItemChange:
    """What changed in one item.

    Attributes:
        what: added, removed or changed.
        texts: changed texts; of an added or removed item, all of them.
        facts: other changes by name, each (before, after): picture, section, rule, topics …
    """

    item: str
    what: str
    texts: tuple[TextChange, ...] = ()
    facts: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """From one version to another.

    Attributes:
        edition: changes of title, date, cover, reading order and credit, each (before, after).
        order: (before, after) of the keys that both have, where their order changed.
    """

    edition: Mapping[str, tuple[Any, Any]]
    items: tuple[ItemChange, ...]
    order: tuple[tuple[str, ...], tuple[str, ...]] | None

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.edition or self.items or self.order)

    @property
    def characters(self) -> int:
        """How many characters of text went or came."""
        return sum(text.characters for item in self.items for text in item.texts)

    @property
    def is_text_only(self) -> bool:
        """Whether words changed inside items, or the colour went or came, and nothing else: no picture, item, order or audience."""
        return set(self.edition) <= set(COLOUR) and self.order is None and all(item.what == "changed" and not item.facts for item in self.items)

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "edition": {name: list(pair) for name, pair in self.edition.items()},
            "items": [
                {
                    "item": one.item, "change": one.what, "texts": [{"where": text.where, "runs": [list(run) for run in text.runs]} for text in one.texts],
                    "facts": {name: list(pair) for name, pair in one.facts.items()},
                }
                for one in self.items
            ],
            "order": None if self.order is None else [list(keys) for keys in self.order],
            "characters": self.characters, "text_only": self.is_text_only,
        }  # fmt: skip


def difference(before: Manuscript, after: Manuscript) -> Difference:
    """What changed from `before` to `after`."""
    old, new = _placed(before), _placed(after)
    changes = [ItemChange(key, "removed", tuple(_texts(old[key][1], None))) for key in old if key not in new]
    changes += [ItemChange(key, "added", tuple(_texts(None, new[key][1]))) for key in new if key not in old]
    for key in new:
        if key in old and old[key] != new[key]:
            changes.append(ItemChange(key, "changed", tuple(_texts(old[key][1], new[key][1])), _facts(old[key], new[key])))
    kept_before, kept_after = tuple(key for key in old if key in new), tuple(key for key in new if key in old)
    names = ("title", "issue_date", "cover", "reading", "credit", "kind", "heroes", "tones", "shares", "almanac", *COLOUR)
    edition = {name: pair for name in names if (pair := (_plain(getattr(before, name)), _plain(getattr(after, name)))) and pair[0] != pair[1]}
    if before.design_sha256 and before.design_sha256 != after.design_sha256:
        edition["design"] = (f"{before.design} {before.design_sha256[:8]}", f"{after.design} {after.design_sha256[:8]}")
    sections = tuple([section.title for section in one.sections] for one in (before, after))
    if sections[0] != sections[1]:
        edition["sections"] = (sections[0], sections[1])
    changes.sort(key=lambda one: (list(new).index(one.item) if one.item in new else -1, one.item))
    return Difference(edition, tuple(changes), None if kept_before == kept_after else (kept_before, kept_after))


def sections_changed(before: Manuscript, after: Manuscript) -> set[str]:
    """Titles of the sections that are not as they were: with other items, in another order, new or gone."""
    old, new = ({section.title: section for section in one.sections} for one in (before, after))
    return {title for title in {**old, **new} if old.get(title) != new.get(title)}


def runs(before: str, after: str) -> tuple[Run, ...]:
    """The way from one text to the other, by Han characters and Latin words."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > TOKENS_MAX:
        return tuple(run for run in (("-", before), ("+", after)) if run[1]) if before != after else (("=", before),)
    found: list[Run] = []
    for _, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[first:last]), "".join(new[start:end])
        found += [("=", gone)] if gone == come else [run for run in (("-", gone), ("+", come)) if run[1]]
    return tuple(found)


def _placed(manuscript: Manuscript) -> dict[str, tuple[str, Item]]:
    return {item.key: (section.title, item) for section in manuscript.sections for item in section.items}


def _texts(before: Item | None, after: Item | None) -> Iterator[TextChange]:
    old, new = (one.article if one else None for one in (before, after))
    for name in ("title", "short_title", "summary", "credit"):
        yield from _text(name, (getattr(old, name) if old else "") or "", (getattr(new, name) if new else "") or "")
    yield from _paragraphs(old.paragraphs if old else (), new.paragraphs if new else ())
    quizzes = [_quiz_text(one) for one in (old, new)]
    yield from _text("quiz", quizzes[0], quizzes[1])


def _text(where: str, before: str, after: str) -> Iterator[TextChange]:
    if before != after:
        yield TextChange(where, runs(before, after))


def _quiz_text(article: Article | None) -> str:
    quiz = article.quiz if article else None
    return "" if quiz is None else "\n".join((quiz.question, *(f"{number}. {choice}" for number, choice in enumerate(quiz.choices, 1))))


def _paragraphs(before: Sequence[str], after: Sequence[str]) -> Iterator[TextChange]:
    """Paragraphs are matched first, then what stands in place of another is compared by characters."""
    for what, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for step in range(max(last - first, end - start)):
            gone = before[first + step] if first + step < last else ""
            come = after[start + step] if start + step < end else ""
            number = (start if start + step < end else first) + step + 1
            yield TextChange(f"paragraph {number}", runs(gone, come))


def _facts(old: tuple[str, Item], new: tuple[str, Item]) -> dict[str, tuple[Any, Any]]:
    """Everything of an item that is no text."""
    pairs = {"section": (old[0], new[0])} | {name: (_plain(getattr(old[1], name)), _plain(getattr(new[1], name))) for name in ("rule", "picture", "panels", "story", "hero")}
    for name in ("picture", "topics", "level", "tone", "source", "evergreen"):
        label = "article picture" if name == "picture" else name
        pairs[label] = tuple(_plain(getattr(one[1].article, name)) if one[1].article else None for one in (old, new))
    quizzes = [one[1].article.quiz if one[1].article else None for one in (old, new)]
    for name in ("answer", "reply_to", "keyword", "closes_at", "winners"):
        pairs[f"quiz {name}"] = tuple(_plain(getattr(quiz, name, None)) for quiz in quizzes)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: Any) -> Any:
    """A JSON value; a picture by its path and the beginning of its sum."""
    if hasattr(value, "sha256"):
        return f"{value.path} ({value.sha256[:8]})"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, tuple) and value and hasattr(value[0], "rule"):
        return [{"name": hero.name, "rule": hero.rule, "cover": _plain(hero.cover)} for hero in value]
    if isinstance(value, tuple):
        return [[one.x, one.y, one.width, one.height] if hasattr(one, "width") else one for one in value]
    return value
