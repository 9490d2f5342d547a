"""City editors: whose account has a city works on that city's sections and on nothing else."""

from __future__ import annotations

from content.manuscript import Manuscript, Section
from content.workflow.difference import difference, sections_changed
from huabao.errors import UsageError

_BY_CUSTOM = frozenset({"sections", "tones", "shares", "mourning"})
"""What a version may differ in although its folder does not."""


def is_of(section: Section, city: str) -> bool:
    """Whether a section is that city's: it says so, is called so, or is for its readers only."""
    if section.city is not None:
        return section.city == city
    return section.title == city or (bool(section.items) and all(item.rule is not None and _names(item.rule, city) for item in section.items))


def _names(rule: object, city: str) -> bool:
    """Whether a rule is only for readers of the city."""
    if not isinstance(rule, dict):
        return False
    if rule.get("field") == "city":
        return (rule.get("op"), rule.get("value")) in (("eq", city),) or (rule.get("op") == "in" and rule.get("value") == [city])
    return any(_names(part, city) for part in rule.get("all", ()))


def sections_of(manuscript: Manuscript, city: str) -> list[str]:
    """Titles of that city's sections."""
    return [section.title for section in manuscript.sections if is_of(section, city)]


def guard_section(manuscript: Manuscript, title: str, city: str) -> None:
    """Refuse a city editor's lock on what is not his.

    Raises:
        UsageError: it is the whole edition, or a section of another city.
    """
    own = sections_of(manuscript, city)
    if title not in own:
        theirs = f"section {title!r} is" if title else "the whole edition is"
        raise UsageError(f"{theirs} not {city}'s; {_own(own, city)}")


def guard_version(before: Manuscript | None, after: Manuscript, city: str) -> None:
    """Refuse a version of a city editor that changes what is not his.

    Raises:
        UsageError: it begins an edition, or changes more than his city's sections.
    """
    if before is None:
        raise UsageError(f"an editor of {city} begins no edition; ask the main desk to import it first")
    there = {section.title for section in before.sections}
    own = {*sections_of(before, city), *(title for title in sections_of(after, city) if title not in there)}
    others = sorted(sections_changed(before, after) - own)
    what = [f"section {title!r}" for title in others] + sorted(set(difference(before, after).edition) - _BY_CUSTOM)
    rest = [[section.title for section in one.sections if section.title not in own] for one in (before, after)]
    if not what and rest[0] != rest[1]:
        what = ["the order of sections"]
    if what:
        raise UsageError(f"this folder changes {', '.join(what)}; nothing was imported: {_own(sorted(own), city)}")


def _own(own: list[str], city: str) -> str:
    return f"an editor of {city} works on {', '.join(own)}" if own else f"no section of this edition is {city}'s: `city: {city}` in edition.yaml makes one his"
