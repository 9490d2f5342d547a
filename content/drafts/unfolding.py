"""From a version to a draft: what a folder would say to be read as this manuscript.

What an import adds by itself (stand-ins, the service introduction, tones, mourning, a
publication's shares and design) is left out, since the next one adds it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from content.designs.library import DEFAULTS
from content.drafts.documents import Document
from content.drafts.markdown import markdown_of
from content.introducing import KEY as OFFERS
from content.manuscript import Article, Item, Manuscript, PictureRef, Quiz, Section, Slot
from content.slots.names import slot_name

OF_THE_FOLDER = "the `fallback` of edition.yaml"
"""How a section says that its stand-in came with its folder."""

Rule = dict[str, Any] | None


def draft_of(manuscript: Manuscript, *, design: str = "", shares: Mapping[str, float] | None = None) -> Document:
    """The draft of a manuscript.

    Args:
        design: the publication's own; "" for its kind's.
        shares: the publication's own.
    """
    edition: dict[str, Any] = {
        "publication": manuscript.publication, "kind": manuscript.kind, "number": manuscript.number, "title": manuscript.title,
        "date": manuscript.issue_date.isoformat(), "cover": manuscript.cover and manuscript.cover.path, "credit": manuscript.credit,
        "almanac": dict(manuscript.almanac), "greyscale": manuscript.greyscale or None,
        "design": manuscript.design if manuscript.design != (design or DEFAULTS[manuscript.kind]) else None,
        "shares": dict(manuscript.shares) if dict(manuscript.shares) != dict(shares or {}) else None,
        "slots": [_declared(name, chars) for name, chars in {slot.name: slot.chars_max for slot in manuscript.slots}.items()],
    }  # fmt: skip
    articles: dict[str, Any] = {}
    if manuscript.kind == "comic":
        edition |= {"reading": manuscript.reading, "pages": [_page(item) for item in manuscript.items]}
        edition["heroes"] = [{"name": one.name, "segment": one.rule, "cover": one.cover and one.cover.path} for one in manuscript.heroes]
        edition["heroes"] = [{key: value for key, value in one.items() if value is not None} for one in edition["heroes"]]
    else:
        edition["sections"] = [_section(one, articles, manuscript.slots) for one in manuscript.sections if _is_own(one)]
    pictures = {picture.path: {"sha256": picture.sha256} for picture in _pictures(manuscript)}
    return {"edition": {key: value for key, value in edition.items() if value not in (None, "", [], {})}, "articles": articles, "pictures": pictures}


def _is_own(section: Section) -> bool:
    return section.standin in ("", OF_THE_FOLDER)


def _declared(name: str, chars_max: int) -> Any:
    known = slot_name(name)
    return name if known is not None and known.chars_max == chars_max else {name: chars_max}


def _page(item: Item) -> dict[str, Any]:
    assert item.picture is not None, "a page of a comic without its picture"
    page: dict[str, Any] = {"image": item.picture.path, "segment": item.rule, "hero": item.hero}
    page["panels"] = [[panel.x, panel.y, panel.width, panel.height] for panel in item.panels] or None
    return {key: value for key, value in page.items() if value is not None}


def _section(section: Section, articles: dict[str, Any], slots: Sequence[Slot]) -> dict[str, Any]:
    own = [item for item in section.items if not (section.offers and item.key.startswith(OFFERS))]
    rule = _shared(own)
    for item in own:
        if item.article is not None:
            articles.setdefault(path_of(item), _article(item, item.article, _rest(item.rule, rule), [slot for slot in slots if slot.item == item.key]))
    found: dict[str, Any] = {"title": section.title, "part": section.part, "segment": rule, "short_title": section.short_title, "city": section.city}
    found["offers"] = section.offers or None
    found["fallback" if section.standin else "items"] = [path_of(item) for item in own]
    return {key: value for key, value in found.items() if value is not None}


def path_of(item: Item) -> str:
    """The file of an item; a picture and an article may stand in several places."""
    return item.key.partition("#")[0]


def _shared(items: Sequence[Item]) -> Rule:
    """The rule that the section itself asks for: its pictures', which have none of their own; else one that all its items have."""
    picture = next((item for item in items if item.picture is not None), None)
    if picture is not None:
        return picture.rule
    rules = [item.rule for item in items]
    return rules[0] if rules and all(rule == rules[0] for rule in rules) else None


def _rest(rule: Rule, shared: Rule) -> Rule:
    """What an item asks for besides its section."""
    if shared is None or rule is None:
        return rule
    both = rule.get("all")
    return None if rule == shared else both[1] if isinstance(both, list) and len(both) == 2 and both[0] == shared else rule


def _article(item: Item, article: Article, rule: Rule, slots: Sequence[Slot]) -> dict[str, Any]:
    front: dict[str, Any] = {
        "title": article.title, "image": article.picture and article.picture.path, "topics": list(article.topics), "segment": rule, "level": article.level,
        "tone": article.tone, "summary": article.summary, "credit": article.credit, "short_title": article.short_title, "source": article.source,
        "story": item.story, "evergreen": article.evergreen or None, "quiz": _quiz(article.quiz),
    }  # fmt: skip
    paragraphs = list(article.paragraphs) if article.paragraphs != ((article.summary,) if article.summary else ()) else []
    for slot in sorted(slots, key=lambda one: (one.paragraph, -one.start)):
        text = paragraphs[slot.paragraph]
        paragraphs[slot.paragraph] = f"{text[: slot.start]}{{{{{slot.name}|{slot.fallback}}}}}{text[slot.start + len(slot.fallback) :]}"
    return {"front": {key: value for key, value in front.items() if value not in (None, "", [])}, "body": markdown_of(paragraphs)}


def _quiz(quiz: Quiz | None) -> dict[str, Any] | None:
    if quiz is None:
        return None
    return {
        "question": quiz.question, "choices": list(quiz.choices), "answer": quiz.answer, "reply_to": quiz.reply_to, "keyword": quiz.keyword,
        "closes_at": quiz.closes_at.isoformat(), "winners": quiz.winners,
    }  # fmt: skip


def _pictures(manuscript: Manuscript) -> Iterator[PictureRef]:
    found = [manuscript.cover, *(hero.cover for hero in manuscript.heroes)]
    for section in manuscript.sections:
        for item in section.items if _is_own(section) else ():
            found += [item.picture, item.article.picture if item.article else None]
    yield from (one for one in found if one is not None)
