"""Which stories stand in a draft, where, and why the others do not.

Rules only: no database, no clock, no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from content.feeds.likeness import Gist, likeness
from content.feeds.stories import Story, Telling, merge
from content.feeds.tails import recurring, without_tail
from content.folder.markdown import paragraphs_of

TAKEN, MERGED, LEFT_OUT = "taken", "merged", "left_out"


@dataclass(frozen=True)
class Policy:
    """The thresholds of a draft, see `content.feeds.settings`."""

    share_min: float
    age_h: float
    section_stories_max: int
    edition_stories_max: int
    brief_characters_max: int
    permitted_origins: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Printed:
    """An article of an earlier edition: its key there, and its gist."""

    edition: str
    item: str
    title: str
    gist: Gist


@dataclass(frozen=True)
class Verdict:
    """What became of one telling.

    Attributes:
        outcome: taken, merged or left_out.
        why: in words; for a merged one also how it was recognised.
        into: the item that tells the story, of a merged one.
    """

    telling: Telling
    outcome: str
    why: str
    into: int | None = None


@dataclass(frozen=True)
class PlannedSection:
    """A section of the draft; `fallback`: nothing new was there for it, its fallback stands in."""

    title: str
    stories: tuple[Story, ...]
    fallback: bool = False


@dataclass(frozen=True)
class Draft:
    """What will be written, and what became of every telling.

    Attributes:
        missing: sections that nothing could fill.
    """

    sections: tuple[PlannedSection, ...]
    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...] = ()

    @property
    def stories(self) -> tuple[Story, ...]:
        """All of them, in order; the first is the lead."""
        return tuple(story for section in self.sections for story in section.stories)


def plan_draft(tellings: Sequence[Telling], printed: Sequence[Printed], order: Sequence[str], at: datetime, policy: Policy) -> Draft:
    """The draft of the edition of `at`.

    Args:
        tellings: every item that is kept of the publication's sources.
        printed: what editions shortly before told.
        order: titles of yesterday's sections; others come after them, by rank.
        at: the edition's hour; what is older than the policy's age by then, or later, stays out (fallbacks have no age).
    """
    verdicts: list[Verdict] = []
    usable = _usable(_without_tails(tellings), at, policy, verdicts)
    fresh = _unprinted(merge(usable, policy.share_min), printed, policy, verdicts)
    titles = _order(tellings, order)
    sections: list[PlannedSection] = []
    room = policy.edition_stories_max
    for title in titles:
        here = sorted((story for story in fresh if story.teller.section == title), key=_importance)
        fallback = all(story.teller.fallback for story in here)
        chosen = here if fallback else [story for story in here if not story.teller.fallback]
        verdicts += [_out(story, "a fallback is not needed: its section has news") for story in here if story not in chosen]
        taken = _capped(chosen, min(_cap(title, tellings, policy), room), verdicts)
        room -= len(taken)
        if taken:
            sections.append(PlannedSection(title, tuple(_arranged(taken, policy, lead=not sections)), fallback))
    taken_stories = [story for section in sections for story in section.stories]
    for story in taken_stories:
        verdicts.append(Verdict(story.teller, TAKEN, f"told in “{story.teller.section}”"))
    for story in fresh:
        verdicts += [Verdict(one.telling, MERGED, _why(one.why, one.share), story.teller.item_id) for one in story.merged]
    found = {section.title for section in sections}
    return Draft(tuple(sections), tuple(sorted(verdicts, key=lambda one: one.telling.item_id)), tuple(title for title in titles if title not in found))


_WHY: Final = {"guid": "the same story by its id", "link": "the same page", "text": "the same text", "update": "an older or shorter telling of the same source"}


def _why(why: str, share: float) -> str:
    return _WHY[why] if share == 1 else f"{_WHY[why]} ({share:.0%} shared)"


def _out(story: Story, why: str) -> Verdict:
    return Verdict(story.teller, LEFT_OUT, why)


def _without_tails(tellings: Sequence[Telling]) -> list[Telling]:
    known = recurring((one.source, one.body) for one in tellings)
    return [replace(one, compared=without_tail(one.source, one.body, known)) for one in tellings]


def _usable(tellings: Sequence[Telling], at: datetime, policy: Policy, verdicts: list[Verdict]) -> list[Telling]:
    found = []
    oldest = at - timedelta(hours=policy.age_h)
    for one in tellings:
        why = None
        if not one.permitted:
            why = f"{one.source} is no permitted source"
        elif one.origin and policy.permitted_origins and one.origin not in policy.permitted_origins:
            why = f"its origin {one.origin} is no permitted source"
        elif not one.fallback and one.at > at:
            why = "it is later than the edition's hour"
        elif not one.fallback and one.at < oldest:
            why = f"it is older than {policy.age_h:g} h"
        elif not paragraphs_of(one.body)[0]:
            why = "it has no text"
        if why is None:
            found.append(one)
        else:
            verdicts.append(Verdict(one, LEFT_OUT, why))
    return found


def _unprinted(stories: Sequence[Story], printed: Sequence[Printed], policy: Policy, verdicts: list[Verdict]) -> list[Story]:
    fresh = []
    for story in stories:
        near = max(((likeness(one.gist, before.gist), before) for one in story.tellings for before in printed), key=lambda pair: pair[0], default=None)
        if near is None or near[0] < policy.share_min:
            fresh.append(story)
            continue
        why = f"{near[1].edition} told it ({near[1].item}, “{near[1].title}”, {near[0]:.0%} shared); add it where it has moved on"
        verdicts += [Verdict(one, LEFT_OUT, why) for one in story.tellings]
    return fresh


def _order(tellings: Sequence[Telling], order: Sequence[str]) -> list[str]:
    """Yesterday's sections, then those of sources, the best rank first."""
    ranked = sorted((one for one in tellings if one.permitted), key=lambda one: (one.rank, one.section))
    return list(dict.fromkeys((*order, *(one.section for one in ranked))))


def _cap(title: str, tellings: Sequence[Telling], policy: Policy) -> int:
    caps = {one.source: one.cap for one in tellings if one.section == title}.values()
    return max((cap if cap is not None else policy.section_stories_max for cap in caps), default=policy.section_stories_max)


def _importance(story: Story) -> tuple[int, int, bool, float, int]:
    """Rank, then how many sources tell it, then whether it has a picture, then how new it is."""
    return story.teller.rank, -len({one.source for one in story.tellings}), not story.pictures, -story.newest_at.timestamp(), story.teller.item_id


def _capped(stories: Sequence[Story], most: int, verdicts: list[Verdict]) -> list[Story]:
    taken: list[Story] = []
    by_source: dict[str, int] = {}
    for story in stories:
        source, cap = story.teller.source, story.teller.cap
        if cap is not None and by_source.get(source, 0) >= cap:
            verdicts.append(_out(story, f"{source} has its {cap} stories already"))
        elif len(taken) >= most:
            verdicts.append(_out(story, f"“{story.teller.section}” is full with {most} stories"))
        else:
            by_source[source] = by_source.get(source, 0) + 1
            taken.append(story)
    return taken


def _arranged(stories: Sequence[Story], policy: Policy, *, lead: bool) -> list[Story]:
    """Briefs together behind the longer stories; the lead of the paper stays first."""
    first = list(stories[:1]) if lead else []
    rest = stories[len(first) :]
    return [*first, *sorted(rest, key=lambda story: len(story.teller.body) <= policy.brief_characters_max)]
