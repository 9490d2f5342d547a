"""What the desk's tables give a proof: who gets which item, hits, checklist, comments, what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from content.manuscript import Item, Manuscript
from content.models import Edition, EditionVersion
from content.proof.facts import Group, HitProof, ItemProof, Step
from content.proof.wording import hit_words
from content.workflow import lifecycle, notes
from content.workflow.screening import screen
from subscribers.segments import parse_rule
from subscribers.segments.store import segment_documents
from subscribers.segments.words import rule_words

TITLE_CHARS_MAX = 60
NOTE_CHARS_MAX = 300


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def title_of(item: Item) -> str:
    """What an item is called on paper: an article by its title, a picture by its file."""
    return shortened(item.article.title if item.article else item.key.rpartition("/")[2], TITLE_CHARS_MAX)


def titles_of(manuscript: Manuscript) -> dict[str, str]:
    """Titles by key."""
    return {item.key: title_of(item) for item in manuscript.items}


def items_of(session: Session, manuscript: Manuscript, groups: Sequence[Group], language: str) -> tuple[ItemProof, ...]:
    """All items in order, with who gets them; a rule that is a named segment's goes by its name too."""
    names = {_form(document): name for name, document in segment_documents(session).items()}
    return tuple(
        ItemProof(
            item.key, shortened(section.title, TITLE_CHARS_MAX), title_of(item), rule_text(item.rule, names, language),
            tuple(group.number for group in groups if item.key in group.items),
        )
        for section in manuscript.sections
        for item in section.items
    )  # fmt: skip


def rule_text(document: dict[str, Any] | None, names: dict[str, str], language: str) -> str:
    """A rule in words, "" for everybody."""
    if document is None:
        return ""
    said = rule_words(parse_rule(document, "rule"), language)
    name = names.get(_form(document))
    return shortened(f"{name}: {said}" if name else said, NOTE_CHARS_MAX)


def _form(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def slots_of(slots: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """A manuscript's slots as texts: the name, the most characters, the fallback; those that are alike once."""
    return tuple(dict.fromkeys(shortened(f"{slot['name']} ≤ {slot['chars_max']}: {slot['fallback']}", NOTE_CHARS_MAX) for slot in slots))


def hits_of(session: Session, edition: Edition, version: EditionVersion, language: str) -> tuple[HitProof, ...]:
    """What the screening says of this version, what is open first."""
    found = []
    for one in screen(session, edition, version):
        hit, ruled = one.hit, one.ruling
        rule = hit_words(language, hit.kind, shortened(hit.rule, NOTE_CHARS_MAX))
        found.append(
            HitProof(
                hit.severity, hit.kind, hit.item, hit.where, hit.before, shortened(hit.found, TITLE_CHARS_MAX), hit.after, rule,
                ruled.by if ruled else "", shortened(ruled.reason, NOTE_CHARS_MAX) if ruled else "", one.open,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda hit: (not hit.open, hit.severity != "block")))


def checklist_of(session: Session, edition: Edition) -> tuple[Step, ...]:
    """Its points, with who answered for them."""
    return tuple(Step(shortened(point, NOTE_CHARS_MAX), tick.by if tick else "", tick.at if tick else None) for point, tick in notes.ticks(session, edition))


def comments_of(session: Session, edition: Edition) -> tuple[Step, ...]:
    """Comments that nobody resolved."""
    return tuple(
        Step(shortened(one.item, TITLE_CHARS_MAX), one.by, one.at, shortened(one.text, NOTE_CHARS_MAX)) for one in notes.comments(session, edition.id) if one.resolved_at is None
    )


def history_of(session: Session, edition: Edition) -> tuple[Step, ...]:
    """What happened to the edition, the oldest first."""
    return tuple(Step(one.verb, one.by, one.at, shortened(one.reason, NOTE_CHARS_MAX)) for one in lifecycle.history(session, edition.id))
