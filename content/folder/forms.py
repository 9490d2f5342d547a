"""What an edition has in several forms: stories in two tones, the heroes of a comic. See `content.alternatives`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from content.folder.articles import rule_of, text_of
from content.folder.documents import Node
from content.folder.problems import Findings, Place
from content.manuscript import Hero, Item, PictureRef, Section

HERO_KEYS = ("name", "segment", "cover", "pages")
HEROES_MAX = 20


def one_story_each(sections: tuple[Section, ...], findings: Findings) -> tuple[Section, ...]:
    """The sections with `story` kept where several items in different tones tell it; elsewhere it means nothing and is gone."""
    tellings: dict[str, list[Item]] = {}
    for item in (item for section in sections for item in section.items):
        if item.story is not None:
            tellings.setdefault(item.story, []).append(item)
    several = {story for story, items in tellings.items() if len({item.tone for item in items}) > 1}
    for story in several:
        seen: dict[tuple[str, str], Item] = {}
        for item in tellings[story]:
            before = seen.setdefault((item.tone, repr(item.rule)), item)
            if before is not item:
                findings.warn(Place(item.key), f"tells “{story}” as {item.tone} as {before.key} does, to the same readers: they get the first only")

    def kept(item: Item) -> Item:
        return item if item.story in several or item.story is None else dataclasses.replace(item, story=None)

    return tuple(dataclasses.replace(section, items=tuple(kept(item) for item in section.items)) for section in sections)


def heroes_of(node: Node, picture: Callable[[str, Place], PictureRef | None], segments: Mapping[str, dict[str, Any]]) -> tuple[tuple[Hero, ...], dict[str, list[Node]]]:
    """The heroes, the one for everybody else last, and the pages that stand in each one's own list."""
    heroes: list[Hero] = []
    pages: dict[str, list[Node]] = {}
    entries = [] if node.is_null else node.sequence("heroes")
    if len(entries) > HEROES_MAX:
        node.wrong(f"{len(entries)} heroes", f"name at most {HEROES_MAX}")
    for entry in entries[:HEROES_MAX]:
        values = entry.mapping("a hero", HERO_KEYS)
        name = None if values is None else text_of(values, "name")
        if values is None or name is None:
            entry.wrong("a hero without `name`", "name him")
            continue
        if name in pages:
            entry.wrong(f"two heroes are called {name!r}", "give each a name of his own")
        cover = text_of(values, "cover")
        heroes.append(Hero(name, rule_of(values, segments), picture(cover, values["cover"].place) if cover else None))
        pages[name] = values["pages"].sequence("pages") if "pages" in values and not values["pages"].is_null else []
    others = [hero for hero in heroes if hero.rule is None]
    if entries and len(others) != 1:
        names = f" ({', '.join(hero.name for hero in others)})" if others else ""
        node.wrong(f"{len(others)} heroes without `segment`{names}", "leave `segment` out of exactly one: readers whom no other fits get that one")
    return tuple(sorted(heroes, key=lambda hero: hero.rule is None)), pages


def check_heroes(node: Node, heroes: Sequence[Hero], items: Sequence[Item]) -> None:
    """Note pages of a hero whom nobody named, and heroes without a page."""
    names = {hero.name for hero in heroes}
    for item in items:
        if item.hero is not None and item.hero not in names:
            node.wrong(f"`{item.key}` belongs to the hero {item.hero[:40]!r}, whom `heroes` does not name", "name him there, with his `segment`")
    for name in sorted(names - {item.hero for item in items}):
        node.wrong(f"the hero {name!r} has no page", "list his `pages`, or write `hero: " + name + "` at some")
